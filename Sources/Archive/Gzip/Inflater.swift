/// Unpacks DEFLATE data (RFC 1951).
///
/// Output goes to this object's buffer, whose last 32 KB are kept for the matches to come; the bits of the
/// input that were taken and not used yet are in a word, from its lowest bit on.
struct Inflater: ~Copyable {
    private static let windowSize = 32 << 10
    /// What one step appends at most, a match whose last eight bytes are written beyond its end included.
    private static let stepSize = 258 + 16
    private static let capacity = 256 << 10
    private static let literalRootBits = 11
    private static let distanceRootBits = 8
    private static let lengthRootBits = 7

    private let input: PackedInput
    private let output: UnsafeMutablePointer<UInt8>
    /// Where the next byte is written.
    private var end = 0
    /// The first byte that was not handed out yet.
    private var start = 0
    private var bits: UInt64 = 0
    private var bitCount = 0
    private var state = State.header
    private var isLastBlock = false
    private let literals = HuffmanDecoder(rootBits: Self.literalRootBits, capacity: 4096)
    private let distances = HuffmanDecoder(rootBits: Self.distanceRootBits, capacity: 2048)
    private let codeLengths = HuffmanDecoder(rootBits: Self.lengthRootBits, capacity: 128)

    private enum State {
        case header
        case stored(remaining: Int)
        case compressed
        case finished
    }

    init(_ input: PackedInput) {
        self.input = input
        output = .allocate(capacity: Self.capacity)
    }

    deinit {
        output.deallocate()
    }

    /// Unpacks some more; the bytes hold until the next call. `nil` at the end, where the input stands after the data.
    mutating func next() throws -> UnsafeRawBufferPointer? {
        if end > Self.windowSize {
            (output).update(from: output + end - Self.windowSize, count: Self.windowSize)
            end = Self.windowSize
        }
        start = end
        while end + Self.stepSize <= Self.capacity {
            switch state {
            case .header: try readBlockHeader()
            case .stored(let remaining): try copyStored(remaining)
            case .compressed: try inflateBlock()
            case .finished:
                return start == end ? nil : UnsafeRawBufferPointer(start: output + start, count: end - start)
            }
        }
        return UnsafeRawBufferPointer(start: output + start, count: end - start)
    }

    // MARK: Bits

    /// Takes bytes until at least `count` bits, of at most 32, are there.
    private mutating func require(_ count: Int) throws {
        while bitCount < count {
            bits |= UInt64(try input.required()) &<< UInt64(bitCount)
            bitCount += 8
        }
    }

    private mutating func take(_ count: Int) throws -> Int {
        try require(count)
        let value = Int(truncatingIfNeeded: bits & (1 &<< UInt64(count) - 1))
        drop(count)
        return value
    }

    @inline(__always)
    private mutating func drop(_ count: Int) {
        bits &>>= UInt64(count)
        bitCount -= count
    }

    /// Gives the whole bytes among the bits back, and drops the rest of the byte before them.
    private mutating func alignToByte() {
        input.giveBack(bitCount / 8)
        bits = 0
        bitCount = 0
    }

    // MARK: Blocks

    private mutating func readBlockHeader() throws {
        if isLastBlock {
            alignToByte()
            state = .finished
            return
        }
        isLastBlock = try take(1) == 1
        switch try take(2) {
        case 0:
            alignToByte()
            let length = try take(16)
            guard try take(16) == length ^ 0xFFFF else {
                throw ArchiveError.malformedData("the length of a stored block contradicts itself")
            }
            alignToByte()
            state = .stored(remaining: length)
        case 1:
            try buildLiterals(DeflateSymbols.fixedLengths)
            try buildDistances(DeflateSymbols.fixedDistanceLengths)
            state = .compressed
        case 2:
            try readCodes()
            state = .compressed
        default: throw ArchiveError.malformedData("a block is of a type that does not exist")
        }
    }

    private mutating func copyStored(_ remaining: Int) throws {
        guard remaining > 0 else {
            state = .header
            return
        }
        guard try input.fill() else { throw ArchiveError.truncated }
        let source = input.buffered
        let count = min(remaining, source.count, Self.capacity - end)
        UnsafeMutableRawPointer(output + end).copyMemory(from: source.baseAddress!, byteCount: count)
        input.consume(count)
        end += count
        state = .stored(remaining: remaining - count)
    }

    /// Reads the two codes of a block (section 3.2.7).
    private mutating func readCodes() throws {
        let literalCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let lengthCount = try take(4) + 4
        guard literalCount <= 286, distanceCount <= 30 else {
            throw ArchiveError.malformedData("a block has more symbols than there are")
        }
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<lengthCount { lengths[Int(DeflateSymbols.codeLengthOrder[index])] = UInt8(try take(3)) }
        try build(codeLengths, lengths, Self.entries.codeLengths, "code length")

        let total = literalCount + distanceCount
        lengths = [UInt8](repeating: 0, count: total)
        var index = 0
        while index < total {
            let entry = try decode(codeLengths.entries, rootBits: Self.lengthRootBits)
            let symbol = Int(entry >> 16)
            if symbol < 16 {
                lengths[index] = UInt8(symbol)
                index += 1
                continue
            }
            let count =
                switch symbol {
                case 16: try take(2) + 3
                case 17: try take(3) + 3
                default: try take(7) + 11
                }
            guard symbol != 16 || index > 0, index + count <= total else {
                throw ArchiveError.malformedData("lengths of codes are repeated where there are none")
            }
            let repeated = symbol == 16 ? lengths[index - 1] : 0
            for place in index..<index + count { lengths[place] = repeated }
            index += count
        }
        guard lengths[256] != 0 else { throw ArchiveError.malformedData("a block has no code for its end") }
        try buildLiterals(Array(lengths[..<literalCount]))
        try buildDistances(Array(lengths[literalCount...]))
    }

    private func build(
        _ decoder: borrowing HuffmanDecoder, _ lengths: [UInt8], _ symbols: UnsafePointer<UInt32>, _ name: String
    ) throws(ArchiveError) {
        // A result carries the error, since the method that lends the storage does not pass its type on.
        let result = lengths.withUnsafeBufferPointer { lengths in
            Result { () throws(ArchiveError) in try decoder.build(lengths, symbols: symbols, name: name) }
        }
        try result.get()
    }

    private func buildLiterals(_ lengths: [UInt8]) throws(ArchiveError) {
        try build(literals, lengths, Self.entries.literals, "literal and length")
    }

    private func buildDistances(_ lengths: [UInt8]) throws(ArchiveError) {
        try build(distances, lengths, Self.entries.distances, "distance")
    }

    /// The next symbol's entry, byte by byte, wherever the input ends.
    private mutating func decode(_ entries: UnsafeMutablePointer<UInt32>, rootBits: Int) throws -> UInt32 {
        while bitCount < 15, let byte = try input.next() {
            bits |= UInt64(byte) &<< UInt64(bitCount)
            bitCount += 8
        }
        var entry = entries[Int(truncatingIfNeeded: bits) & (1 << rootBits - 1)]
        if entry & HuffmanDecoder.kindMask == HuffmanDecoder.link {
            guard bitCount >= rootBits else { throw ArchiveError.truncated }
            drop(rootBits)
            let mask = 1 << Int(entry >> 6 & 0x1F) - 1
            entry = entries[Int(entry >> 16) + Int(truncatingIfNeeded: bits) & mask]
        }
        let length = Int(entry & 15)
        guard length > 0 else {
            throw bitCount < 15 ? ArchiveError.truncated : .malformedData("a code does not exist")
        }
        guard length <= bitCount else { throw ArchiveError.truncated }
        drop(length)
        return entry
    }

    // MARK: Compressed blocks

    /// Unpacks until the block ends or the buffer is full.
    private mutating func inflateBlock() throws {
        while end + Self.stepSize <= Self.capacity {
            if try inflateQuickly() { return }
            // Near the end of the buffered input, or of the room for output.
            guard end + Self.stepSize <= Self.capacity else { return }
            let entry = try decode(literals.entries, rootBits: Self.literalRootBits)
            switch entry & HuffmanDecoder.kindMask {
            case HuffmanDecoder.literal:
                output[end] = UInt8(truncatingIfNeeded: entry >> 16)
                end += 1
            case HuffmanDecoder.endOfBlock:
                state = .header
                return
            default:
                let length = Int(entry >> 16) + (try take(Int(entry >> 6 & 0x1F)))
                let distanceEntry = try decode(distances.entries, rootBits: Self.distanceRootBits)
                let distance = Int(distanceEntry >> 16) + (try take(Int(distanceEntry >> 6 & 0x1F)))
                try copyMatch(length: length, distance: distance)
            }
        }
    }

    /// Unpacks while eight bytes of input can be looked at together.
    /// - Returns: Whether the block has ended.
    private mutating func inflateQuickly() throws(ArchiveError) -> Bool {
        let source = input.buffered
        guard source.count >= 8 else { return false }
        let base = source.baseAddress!
        let lastLoad = source.count - 8
        var taken = 0
        var bits = bits
        var bitCount = bitCount
        var end = end
        let literals = literals.entries
        let distances = distances.entries
        let outputLimit = Self.capacity - Self.stepSize
        defer {
            input.consume(taken)
            self.bits = bits
            self.bitCount = bitCount
            self.end = end
        }

        while taken <= lastLoad, end <= outputLimit {
            // At least 56 bits are there after this, which is more than a length and its distance take.
            bits |=
                UInt64(littleEndian: base.loadUnaligned(fromByteOffset: taken, as: UInt64.self)) &<< UInt64(bitCount)
            taken += (63 - bitCount) >> 3
            bitCount |= 56

            var entry = literals[Int(truncatingIfNeeded: bits) & (1 << Self.literalRootBits - 1)]
            // A second and a third literal fit into the same bits: no code has more than 15.
            if entry & HuffmanDecoder.kindMask == HuffmanDecoder.literal, entry & 15 != 0 {
                bits &>>= UInt64(entry & 15)
                bitCount -= Int(entry & 15)
                output[end] = UInt8(truncatingIfNeeded: entry >> 16)
                end += 1
                entry = literals[Int(truncatingIfNeeded: bits) & (1 << Self.literalRootBits - 1)]
                if entry & HuffmanDecoder.kindMask == HuffmanDecoder.literal, entry & 15 != 0 {
                    bits &>>= UInt64(entry & 15)
                    bitCount -= Int(entry & 15)
                    output[end] = UInt8(truncatingIfNeeded: entry >> 16)
                    end += 1
                }
                continue
            }
            if entry & HuffmanDecoder.kindMask == HuffmanDecoder.link {
                bits &>>= UInt64(Self.literalRootBits)
                bitCount -= Self.literalRootBits
                let mask = 1 << Int(entry >> 6 & 0x1F) - 1
                entry = literals[Int(entry >> 16) + Int(truncatingIfNeeded: bits) & mask]
            }
            guard entry & 15 != 0 else { throw .malformedData("a code does not exist") }
            bits &>>= UInt64(entry & 15)
            bitCount -= Int(entry & 15)
            switch entry & HuffmanDecoder.kindMask {
            case HuffmanDecoder.literal:
                output[end] = UInt8(truncatingIfNeeded: entry >> 16)
                end += 1
                continue
            case HuffmanDecoder.endOfBlock:
                state = .header
                return true
            default: break
            }
            let lengthBits = UInt64(entry >> 6 & 0x1F)
            let length = Int(entry >> 16) + Int(truncatingIfNeeded: bits & (1 &<< lengthBits - 1))
            bits &>>= lengthBits
            bitCount -= Int(lengthBits)

            entry = distances[Int(truncatingIfNeeded: bits) & (1 << Self.distanceRootBits - 1)]
            if entry & HuffmanDecoder.kindMask == HuffmanDecoder.link {
                bits &>>= UInt64(Self.distanceRootBits)
                bitCount -= Self.distanceRootBits
                let mask = 1 << Int(entry >> 6 & 0x1F) - 1
                entry = distances[Int(entry >> 16) + Int(truncatingIfNeeded: bits) & mask]
            }
            guard entry & 15 != 0 else { throw .malformedData("a code does not exist") }
            bits &>>= UInt64(entry & 15)
            bitCount -= Int(entry & 15)
            let distanceBits = UInt64(entry >> 6 & 0x1F)
            let distance = Int(entry >> 16) + Int(truncatingIfNeeded: bits & (1 &<< distanceBits - 1))
            bits &>>= distanceBits
            bitCount -= Int(distanceBits)
            guard distance <= end else { throw Self.tooFarBack }
            Self.copy(output + end, distance: distance, length: length)
            end += length
        }
        return false
    }

    private static let tooFarBack = ArchiveError.malformedData("a match begins before the data does")

    private mutating func copyMatch(length: Int, distance: Int) throws(ArchiveError) {
        guard distance <= end else { throw Self.tooFarBack }
        Self.copy(output + end, distance: distance, length: length)
        end += length
    }

    /// Repeats what stands `distance` bytes before `target`. Up to seven bytes beyond the end are overwritten.
    @inline(__always)
    private static func copy(_ target: UnsafeMutablePointer<UInt8>, distance: Int, length: Int) {
        let source = target - distance
        if distance >= 8 {
            let from = UnsafeRawPointer(source)
            let to = UnsafeMutableRawPointer(target)
            var offset = 0
            repeat {
                let word = from.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                to.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
                offset += 8
            } while offset < length
        } else if distance == 1 {
            target.update(repeating: source[0], count: length)
        } else {
            for offset in 0..<length { target[offset] = source[offset] }
        }
    }

    // MARK: Alphabets

    /// The entries of the decoders' symbols, but for the lengths of their codes. Never freed.
    ///
    /// Sendable because nothing writes to the entries once they are made.
    private struct SymbolEntries: @unchecked Sendable {
        let literals: UnsafePointer<UInt32>
        let distances: UnsafePointer<UInt32>
        let codeLengths: UnsafePointer<UInt32>

        init() {
            var literals = (0..<256).map { HuffmanDecoder.literal | UInt32($0) << 16 } + [HuffmanDecoder.endOfBlock]
            literals += (0..<DeflateSymbols.lengthCount).map { index in
                HuffmanDecoder.base | UInt32(DeflateSymbols.lengthExtraBits(index)) << 6
                    | UInt32(DeflateSymbols.lengthBase(index)) << 16
            }
            // The fixed codes have two symbols each that stand for nothing.
            literals += [HuffmanDecoder.noSymbol, HuffmanDecoder.noSymbol]
            var distances = (0..<DeflateSymbols.distanceCount).map { symbol in
                HuffmanDecoder.base | UInt32(DeflateSymbols.distanceExtraBits(symbol)) << 6
                    | UInt32(DeflateSymbols.distanceBase(symbol)) << 16
            }
            distances += [HuffmanDecoder.noSymbol, HuffmanDecoder.noSymbol]
            self.literals = Self.immortal(literals)
            self.distances = Self.immortal(distances)
            codeLengths = Self.immortal((0..<19).map { UInt32($0) << 16 })
        }

        private static func immortal(_ entries: [UInt32]) -> UnsafePointer<UInt32> {
            let copy = UnsafeMutablePointer<UInt32>.allocate(capacity: entries.count)
            copy.initialize(from: entries, count: entries.count)
            return UnsafePointer(copy)
        }
    }

    private static let entries = SymbolEntries()
}
