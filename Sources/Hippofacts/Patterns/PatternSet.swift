/// Some of a project's patterns, by their numbers.
struct PatternSet: Hashable, Sendable {
    /// Those below 64, which are nearly always all, so that a set costs no memory of its own.
    private var first: UInt64 = 0
    private var others: [UInt64] = []

    var isEmpty: Bool { first == 0 && others.isEmpty }

    mutating func insert(_ number: Int) {
        if number < 64 {
            first |= 1 << UInt64(number)
            return
        }
        let word = number / 64 - 1
        while others.count <= word { others.append(0) }
        others[word] |= 1 << UInt64(number % 64)
    }

    func contains(_ number: Int) -> Bool {
        if number < 64 { return first >> UInt64(number) & 1 == 1 }
        let word = number / 64 - 1
        return word < others.count && others[word] >> UInt64(number % 64) & 1 == 1
    }

    /// The smallest number; `nil` if there is none.
    var lowest: Int? {
        if first != 0 { return first.trailingZeroBitCount }
        guard let word = others.firstIndex(where: { $0 != 0 }) else { return nil }
        return (word + 1) * 64 + others[word].trailingZeroBitCount
    }

    /// Calls `body` with each number, in ascending order.
    func forEach(_ body: (Int) -> Void) {
        Self.forEach(in: first, from: 0, body)
        for (word, bits) in others.enumerated() { Self.forEach(in: bits, from: (word + 1) * 64, body) }
    }

    private static func forEach(in bits: UInt64, from base: Int, _ body: (Int) -> Void) {
        var bits = bits
        while bits != 0 {
            body(base + bits.trailingZeroBitCount)
            bits &= bits - 1
        }
    }
}
