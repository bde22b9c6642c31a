/// The literals and matches of a block of DEFLATE data, as they are found, and the block's encoding.
struct DeflateBlock: ~Copyable {
    static let capacity = 32 << 10
    private static let literalCount = 286
    private static let distanceCount = 30

    /// A literal, or a match: bit 31, the length less 3 from bit 16, and the distance less 1.
    private let tokens: UnsafeMutablePointer<UInt32>
    private(set) var count = 0
    private let literalFrequencies: UnsafeMutableBufferPointer<UInt32>
    private let distanceFrequencies: UnsafeMutableBufferPointer<UInt32>

    init() {
        tokens = .allocate(capacity: Self.capacity)
        literalFrequencies = .allocate(capacity: Self.literalCount)
        distanceFrequencies = .allocate(capacity: Self.distanceCount)
        literalFrequencies.initialize(repeating: 0)
        distanceFrequencies.initialize(repeating: 0)
    }

    deinit {
        tokens.deallocate()
        literalFrequencies.deallocate()
        distanceFrequencies.deallocate()
    }

    var isFull: Bool { count == Self.capacity }

    @inline(__always)
    mutating func append(literal: UInt8) {
        tokens[count] = UInt32(literal)
        count += 1
        literalFrequencies[Int(literal)] &+= 1
    }

    /// - Parameters:
    ///   - length: 3...258.
    ///   - distance: 1...32768.
    @inline(__always)
    mutating func append(length: Int, distance: Int) {
        tokens[count] =
            1 << 31 | UInt32(truncatingIfNeeded: length - 3) << 16 | UInt32(truncatingIfNeeded: distance - 1)
        count += 1
        literalFrequencies[257 + Int(Self.symbols.ofLength[length - 3])] &+= 1
        distanceFrequencies[Self.distanceSymbol(distance - 1)] &+= 1
    }

    /// Writes the block in the shortest of the three ways, and empties it.
    /// - Parameter bytes: What it stands for.
    mutating func write(_ bytes: UnsafeRawBufferPointer, isLast: Bool, to output: inout BitWriter) throws {
        literalFrequencies[256] = 1
        let literals = HuffmanEncoder(frequencies: UnsafeBufferPointer(literalFrequencies), maximumLength: 15)
        let distances = HuffmanEncoder(frequencies: UnsafeBufferPointer(distanceFrequencies), maximumLength: 15)
        let header = DynamicHeader(literals: literals, distances: distances)
        let extraBits = extraBitCount()
        let dynamicCost = header.bitCount + cost(literals, distances) + extraBits
        let fixedCost = cost(Self.fixedLiterals, Self.fixedDistances) + extraBits
        // Up to seven bits lead to the next byte; each part of a stored block has four bytes and its own header.
        let parts = max(1, (bytes.count + 0xFFFE) / 0xFFFF)
        let storedCost = bytes.count * 8 + parts * (32 + 3 + 7)
        if storedCost < min(dynamicCost, fixedCost) {
            try writeStored(bytes, isLast: isLast, to: &output)
        } else if fixedCost <= dynamicCost {
            try output.append(isLast ? 0b011 : 0b010, size: 3)
            try writeTokens(Self.fixedLiterals, Self.fixedDistances, to: &output)
        } else {
            try output.append(isLast ? 0b101 : 0b100, size: 3)
            try header.write(to: &output)
            try writeTokens(literals, distances, to: &output)
        }
        count = 0
        literalFrequencies.update(repeating: 0)
        distanceFrequencies.update(repeating: 0)
    }

    private func cost(_ literals: HuffmanEncoder, _ distances: HuffmanEncoder) -> Int {
        literals.cost(UnsafeBufferPointer(literalFrequencies))
            + distances.cost(UnsafeBufferPointer(distanceFrequencies))
    }

    private func extraBitCount() -> Int {
        var bits = 0
        for index in 0..<DeflateSymbols.lengthCount {
            bits += Int(literalFrequencies[257 + index]) * DeflateSymbols.lengthExtraBits(index)
        }
        for symbol in 0..<Self.distanceCount {
            bits += Int(distanceFrequencies[symbol]) * DeflateSymbols.distanceExtraBits(symbol)
        }
        return bits
    }

    private func writeStored(_ bytes: UnsafeRawBufferPointer, isLast: Bool, to output: inout BitWriter) throws {
        var rest = bytes
        repeat {
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(0xFFFF))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(part.count))
            try output.append(isLast && rest.isEmpty ? 1 : 0, size: 3)
            try output.alignToByte()
            try output.append(UInt64(part.count) | UInt64(part.count ^ 0xFFFF) << 16, size: 32)
            try output.append(part)
        } while !rest.isEmpty
    }

    private func writeTokens(
        _ literals: HuffmanEncoder, _ distances: HuffmanEncoder, to output: inout BitWriter
    ) throws {
        try literals.codes.withUnsafeBufferPointer { literalCodes in
            try literals.lengths.withUnsafeBufferPointer { literalLengths in
                try distances.codes.withUnsafeBufferPointer { distanceCodes in
                    try distances.lengths.withUnsafeBufferPointer { distanceLengths in
                        for index in 0..<count {
                            let token = tokens[index]
                            guard token >> 31 == 1 else {
                                let literal = Int(token)
                                try output.append(UInt64(literalCodes[literal]), size: Int(literalLengths[literal]))
                                continue
                            }
                            let length = Int(token >> 16 & 0xFF)
                            let lengthIndex = Int(Self.symbols.ofLength[length])
                            var value = UInt64(literalCodes[257 + lengthIndex])
                            var size = Int(literalLengths[257 + lengthIndex])
                            value |= UInt64(length + 3 - Int(Self.symbols.lengthBases[lengthIndex])) &<< UInt64(size)
                            size += Int(Self.symbols.lengthExtraBits[lengthIndex])
                            let distance = Int(token & 0x7FFF)
                            let symbol = Self.distanceSymbol(distance)
                            value |= UInt64(distanceCodes[symbol]) &<< UInt64(size)
                            size += Int(distanceLengths[symbol])
                            value |= UInt64(distance + 1 - Int(Self.symbols.distanceBases[symbol])) &<< UInt64(size)
                            size += Int(Self.symbols.distanceExtraBits[symbol])
                            try output.append(value, size: size)
                        }
                        try output.append(UInt64(literalCodes[256]), size: Int(literalLengths[256]))
                    }
                }
            }
        }
    }

    // MARK: Symbols

    /// The symbol of a distance less 1.
    @inline(__always)
    private static func distanceSymbol(_ distance: Int) -> Int {
        Int(distance < 256 ? symbols.ofDistance[distance] : symbols.ofLongDistance[distance >> 7])
    }

    private static let fixedLiterals = HuffmanEncoder(lengths: DeflateSymbols.fixedLengths)
    private static let fixedDistances = HuffmanEncoder(lengths: DeflateSymbols.fixedDistanceLengths)
    private static let symbols = SymbolTables()

    /// Which symbol stands for a length or a distance, and what it stands for at least. Never freed.
    ///
    /// Sendable because nothing writes to the tables once they are made.
    private struct SymbolTables: @unchecked Sendable {
        /// By the length less 3.
        let ofLength: UnsafePointer<UInt8>
        /// By the distance less 1, below 256.
        let ofDistance: UnsafePointer<UInt8>
        /// By the distance less 1, divided by 128.
        let ofLongDistance: UnsafePointer<UInt8>
        let lengthBases: UnsafePointer<UInt16>
        let lengthExtraBits: UnsafePointer<UInt8>
        let distanceBases: UnsafePointer<UInt16>
        let distanceExtraBits: UnsafePointer<UInt8>

        init() {
            let lengthBases = (0..<DeflateSymbols.lengthCount).map { UInt16(DeflateSymbols.lengthBase($0)) }
            let distanceBases = (0..<DeflateSymbols.distanceCount).map { UInt16(DeflateSymbols.distanceBase($0)) }
            func symbol(of value: Int, _ bases: [UInt16]) -> UInt8 { UInt8(bases.lastIndex { Int($0) <= value }!) }
            ofLength = Self.immortal((3...258).map { symbol(of: $0, lengthBases) })
            ofDistance = Self.immortal((1...256).map { symbol(of: $0, distanceBases) })
            ofLongDistance = Self.immortal((0..<256).map { symbol(of: $0 << 7 + 1, distanceBases) })
            lengthExtraBits = Self.immortal(
                (0..<DeflateSymbols.lengthCount).map { UInt8(DeflateSymbols.lengthExtraBits($0)) })
            distanceExtraBits = Self.immortal(
                (0..<DeflateSymbols.distanceCount).map { UInt8(DeflateSymbols.distanceExtraBits($0)) })
            self.lengthBases = Self.immortal(lengthBases)
            self.distanceBases = Self.immortal(distanceBases)
        }

        private static func immortal<Number>(_ numbers: [Number]) -> UnsafePointer<Number> {
            let copy = UnsafeMutablePointer<Number>.allocate(capacity: numbers.count)
            copy.initialize(from: numbers, count: numbers.count)
            return UnsafePointer(copy)
        }
    }
}

/// The beginning of a block with codes of its own: their lengths, run-length encoded, in a third code (RFC 1951
/// section 3.2.7).
private struct DynamicHeader {
    private struct Item {
        let symbol: Int
        let extra: Int
        let extraBits: Int
    }

    private let literalCount: Int
    private let distanceCount: Int
    private let items: [Item]
    private let code: HuffmanEncoder
    private let lengthCount: Int
    let bitCount: Int

    init(literals: HuffmanEncoder, distances: HuffmanEncoder) {
        literalCount = max(257, (literals.lengths.lastIndex { $0 > 0 } ?? 0) + 1)
        distanceCount = max(1, (distances.lengths.lastIndex { $0 > 0 } ?? 0) + 1)
        items = Self.items(Array(literals.lengths[..<literalCount] + distances.lengths[..<distanceCount]))
        var frequencies = [UInt32](repeating: 0, count: 19)
        for item in items { frequencies[item.symbol] += 1 }
        let code = frequencies.withUnsafeBufferPointer { HuffmanEncoder(frequencies: $0, maximumLength: 7) }
        lengthCount = max(4, (DeflateSymbols.codeLengthOrder.lastIndex { code.lengths[Int($0)] > 0 } ?? 0) + 1)
        self.code = code
        let itemBits = items.reduce(0) { $0 + Int(code.lengths[$1.symbol]) + $1.extraBits }
        bitCount = 5 + 5 + 4 + 3 * lengthCount + itemBits
    }

    private static func items(_ lengths: [UInt8]) -> [Item] {
        var items: [Item] = []
        var index = 0
        while index < lengths.count {
            let length = lengths[index]
            var run = 1
            while index + run < lengths.count, lengths[index + run] == length { run += 1 }
            index += run
            if length > 0 {
                items.append(Item(symbol: Int(length), extra: 0, extraBits: 0))
                run -= 1
            }
            while run >= 3 {
                if length > 0 {
                    let count = min(run, 6)
                    items.append(Item(symbol: 16, extra: count - 3, extraBits: 2))
                    run -= count
                } else if run < 11 {
                    items.append(Item(symbol: 17, extra: run - 3, extraBits: 3))
                    run = 0
                } else {
                    let count = min(run, 138)
                    items.append(Item(symbol: 18, extra: count - 11, extraBits: 7))
                    run -= count
                }
            }
            for _ in 0..<run { items.append(Item(symbol: Int(length), extra: 0, extraBits: 0)) }
        }
        return items
    }

    func write(to output: inout BitWriter) throws {
        try output.append(UInt64(literalCount - 257), size: 5)
        try output.append(UInt64(distanceCount - 1), size: 5)
        try output.append(UInt64(lengthCount - 4), size: 4)
        for symbol in DeflateSymbols.codeLengthOrder[..<lengthCount] {
            try output.append(UInt64(code.lengths[Int(symbol)]), size: 3)
        }
        for item in items {
            try output.append(UInt64(code.codes[item.symbol]), size: Int(code.lengths[item.symbol]))
            try output.append(UInt64(item.extra), size: item.extraBits)
        }
    }
}
