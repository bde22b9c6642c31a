import Platform

/// A size, as people write it on command lines and in settings: `1048576`, `64KiB`, `512MiB`, `2GiB`, or with decimal
/// units `kB`, `MB`, `GB`. A space may stand before the unit.
package struct ByteCount {
    package let bytes: Int

    /// `nil` for what is no size, or one of more bytes than an `Int` counts.
    package init?(parsing text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        var rest = text.dropFirst(digits.count)
        if rest.first == " " { rest = rest.dropFirst() }
        let unit: Int? =
            switch rest.lowercased() {
            case "", "b": 1
            case "kib", "k": 1 << 10
            case "mib", "m": 1 << 20
            case "gib", "g": 1 << 30
            case "kb": 1_000
            case "mb": 1_000_000
            case "gb": 1_000_000_000
            default: nil
            }
        guard let unit, let count = Int(digits) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        self.bytes = bytes
    }
}

extension Duration {
    /// Reads a time as people write it: `30s`, `500ms`, `5m`, `1.5s`; without a unit, seconds. At most a year.
    package init?(parsing text: String) {
        let number = text.prefix { ($0.isASCII && $0.isNumber) || $0 == "." }
        let unit: Double? =
            switch text.dropFirst(number.count) {
            case "", "s": 1
            case "ms": 0.001
            case "m", "min": 60
            case "h": 3_600
            default: nil
            }
        guard let unit, let value = Double(number), value * unit > 0, value * unit <= 365 * 86_400 else { return nil }
        self = .seconds(value * unit)
    }
}
