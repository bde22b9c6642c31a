/// What a `Range` field asks for, applied to a representation of known size (RFC 9110 section 14).
enum ByteRanges: Equatable {
    /// The field is to be ignored: another unit, bad syntax, more ranges or bytes than anybody needs.
    case ignored
    /// No range overlaps the representation.
    case unsatisfiable
    /// The ranges, clipped to the representation, in the order they were asked for; at least one.
    case satisfiable([Range<Int64>])

    /// More ranges than this are an attack, not a wish.
    private static let maximumCount = 32

    init(_ field: String, size: Int64) {
        guard let equals = field.firstIndex(of: "="), field[..<equals].lowercased() == "bytes" else {
            self = .ignored
            return
        }
        var ranges: [Range<Int64>] = []
        var count = 0
        for member in field[field.index(after: equals)...].split(separator: ",") {
            let text = member.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()
            if text.isEmpty { continue }
            count += 1
            guard count <= Self.maximumCount, let range = Self.parse(String(text), size: size) else {
                self = .ignored
                return
            }
            if !range.isEmpty { ranges.append(range) }
        }
        guard count > 0 else {
            self = .ignored
            return
        }
        guard !ranges.isEmpty else {
            self = .unsatisfiable
            return
        }
        // Ranges that overlap so much that the whole is shorter.
        let total = ranges.reduce(Int64(0)) { $0 + Int64($1.count) }
        self = ranges.count > 1 && total > size ? .ignored : .satisfiable(ranges)
    }

    /// The range that `0-99`, `100-` or `-100` means, empty if it lies outside; `nil` for bad syntax.
    private static func parse(_ text: String, size: Int64) -> Range<Int64>? {
        let halves = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
            return nil
        }
        // Numbers beyond 63 bits mean the same as the largest.
        let numbers = halves.map { $0.isEmpty ? nil : Int64($0) ?? .max }
        switch (numbers[0], numbers[1]) {
        case (nil, nil): return nil
        case (nil, let suffix?): return max(0, size - suffix)..<size
        case (let first?, nil): return min(first, size)..<size
        case (let first?, let last?):
            guard first <= last else { return nil }
            return min(first, size)..<min(last == .max ? size : last + 1, size)
        }
    }
}
