/// The alphabets of DEFLATE (RFC 1951 section 3.2.5): which lengths and distances its symbols stand for.
enum DeflateSymbols {
    /// The order in which the lengths of the codes' own code are written (section 3.2.7).
    static let codeLengthOrder: [UInt8] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    static let lengthCount = 29
    static let distanceCount = 30

    /// The number of extra bits of length symbol 257 + `index`.
    static func lengthExtraBits(_ index: Int) -> Int { index < 8 || index == 28 ? 0 : index / 4 - 1 }

    static func distanceExtraBits(_ symbol: Int) -> Int { symbol < 4 ? 0 : symbol / 2 - 1 }

    /// The least length of symbol 257 + `index`.
    static func lengthBase(_ index: Int) -> Int {
        if index < 8 { return index + 3 }
        return index == 28 ? 258 : (4 + index % 4) << lengthExtraBits(index) + 3
    }

    static func distanceBase(_ symbol: Int) -> Int {
        symbol < 4 ? symbol + 1 : (2 + symbol % 2) << distanceExtraBits(symbol) + 1
    }

    /// The lengths of the fixed code (section 3.2.6).
    static let fixedLengths: [UInt8] =
        Array(repeating: 8, count: 144) + Array(repeating: 9, count: 112) + Array(repeating: 7, count: 24)
        + Array(repeating: 8, count: 8)
    static let fixedDistanceLengths: [UInt8] = Array(repeating: 5, count: 32)
}
