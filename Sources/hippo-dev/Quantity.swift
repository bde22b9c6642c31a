import Platform

/// Quantities as people read them.
enum Quantity {
    static func count(_ number: Int, _ noun: String) -> String { number == 1 ? "1 \(noun)" : "\(number) \(noun)s" }

    /// A number of bytes, in decimal units.
    static func size(_ bytes: Int) -> String {
        switch bytes {
        case ..<1000: "\(bytes) B"
        case ..<1_000_000: "\(decimal(Double(bytes) / 1000)) kB"
        case ..<1_000_000_000: "\(decimal(Double(bytes) / 1_000_000)) MB"
        default: "\(decimal(Double(bytes) / 1_000_000_000)) GB"
        }
    }

    /// A number with one digit after the point.
    static func decimal(_ number: Double) -> String {
        guard number.magnitude < 1e17 else { return "\(number)" }
        let tenths = Int((number * 10).rounded(.toNearestOrEven))
        return "\(tenths < 0 ? "-" : "")\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }

    /// A duration in milliseconds, with one digit after the point.
    static func milliseconds(_ duration: Duration) -> String { decimal(duration.milliseconds) }
}
