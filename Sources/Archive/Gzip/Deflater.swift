/// Packs bytes as DEFLATE data (RFC 1951): matches are looked for in chains of places with like hashes, and taken
/// unless the next byte begins a longer one.
///
/// What comes out depends on the bytes only, not on the pieces that they come in.
struct Deflater: ~Copyable {
    private static let windowSize = 32 << 10
    private static let segmentSize = 256 << 10
    private static let capacity = windowSize + segmentSize
    private static let hashBits = 15
    /// Shorter matches are hardly ever worth their bits, and would need a hash of their own.
    private static let minimumLength = 4
    private static let maximumLength = 258
    /// Beyond this much, matches go uncompared until more bytes have come.
    private static let lookahead = maximumLength + 8
    /// Candidates that are compared for one place.
    private static let chainLimit = 48
    /// A match of this length ends the search.
    private static let goodLength = 128
    /// Matches of this length are taken without looking at the next byte.
    private static let lazyLimit = 32

    private var output: BitWriter
    private var block = DeflateBlock()
    private let buffer: UnsafeMutablePointer<UInt8>
    private var filled = 0
    /// The first byte that is in no block yet.
    private var position = 0
    private var blockStart = 0
    /// The last place with each hash, and for each place of the window the one before with its hash; -1 for none.
    private let heads: UnsafeMutableBufferPointer<Int32>
    private let previous: UnsafeMutableBufferPointer<Int32>

    private struct Match {
        var length = 0
        var distance = 0
    }

    init(_ sink: @escaping ByteSink) {
        output = BitWriter(sink)
        buffer = .allocate(capacity: Self.capacity + 16)
        buffer.initialize(repeating: 0, count: Self.capacity + 16)
        heads = .allocate(capacity: 1 << Self.hashBits)
        heads.initialize(repeating: -1)
        previous = .allocate(capacity: Self.windowSize)
        previous.initialize(repeating: -1)
    }

    deinit {
        buffer.deallocate()
        heads.deallocate()
        previous.deallocate()
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = min(rest.count, Self.capacity - filled)
            UnsafeMutableRawPointer(buffer + filled).copyMemory(from: rest.baseAddress!, byteCount: count)
            filled += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if filled == Self.capacity {
                try pack(upTo: filled - Self.lookahead, isLast: false)
                slide()
            }
        }
    }

    mutating func finish() throws {
        try pack(upTo: filled, isLast: true)
        try output.alignToByte()
        try output.flush()
    }

    /// Drops what no match can reach any more.
    private mutating func slide() {
        let distance = position - Self.windowSize
        guard distance > 0 else { return }
        buffer.update(from: buffer + distance, count: filled - distance)
        filled -= distance
        position -= distance
        blockStart -= distance
        let moved = Int32(distance)
        for index in heads.indices { heads[index] = max(heads[index] &- moved, -1) }
        // A place keeps its slot by its last bits, which moving by other than whole windows changes.
        let copy = Array(previous)
        for slot in 0..<Self.windowSize {
            previous[(slot &- distance) & (Self.windowSize - 1)] = max(copy[slot] &- moved, -1)
        }
    }

    private mutating func endBlock(isLast: Bool) throws {
        let bytes = UnsafeRawBufferPointer(start: buffer + blockStart, count: position - blockStart)
        try block.write(bytes, isLast: isLast, to: &output)
        blockStart = position
    }

    private mutating func pack(upTo limit: Int, isLast: Bool) throws {
        var match = position < limit ? bestMatch(at: position) : Match()
        while position < limit {
            if block.isFull { try endBlock(isLast: false) }
            guard match.length >= Self.minimumLength else {
                block.append(literal: buffer[position])
                position += 1
                if position < limit { match = bestMatch(at: position) }
                continue
            }
            var inserted = position + 1
            if match.length < Self.lazyLimit, position + 1 < limit {
                let next = bestMatch(at: position + 1)
                if next.length > match.length {
                    block.append(literal: buffer[position])
                    position += 1
                    match = next
                    continue
                }
                inserted += 1
            }
            block.append(length: match.length, distance: match.distance)
            let end = position + match.length
            while inserted < end {
                insert(inserted)
                inserted += 1
            }
            position = end
            if position < limit { match = bestMatch(at: position) }
        }
        // A block's bytes must be there in case they are stored, so that none outlives its segment.
        if isLast || block.count > 0 { try endBlock(isLast: isLast) }
    }

    // MARK: Matches

    @inline(__always)
    private func word(at place: Int) -> UInt32 {
        UnsafeRawPointer(buffer + place).loadUnaligned(as: UInt32.self)
    }

    /// Enters a place into its chain, and returns the one before it there.
    @discardableResult
    @inline(__always)
    private func insert(_ place: Int) -> Int {
        guard place + 4 <= filled else { return -1 }
        let hash = Int((UInt32(littleEndian: word(at: place)) &* 0x9E37_79B1) >> UInt32(32 - Self.hashBits))
        let before = heads[hash]
        previous[place & (Self.windowSize - 1)] = before
        heads[hash] = Int32(truncatingIfNeeded: place)
        return Int(before)
    }

    /// Enters a place, and finds the longest match for what begins there.
    private func bestMatch(at place: Int) -> Match {
        var candidate = insert(place)
        let lowest = max(0, place - Self.windowSize + 1)
        let longest = min(Self.maximumLength, filled - place)
        guard candidate >= lowest, longest >= Self.minimumLength else { return Match() }
        var match = Match(length: Self.minimumLength - 1)
        let first = word(at: place)
        var chain = Self.chainLimit
        while candidate >= lowest, chain > 0 {
            chain -= 1
            if word(at: candidate) == first, buffer[candidate + match.length] == buffer[place + match.length] {
                let length = commonLength(candidate, place, limit: longest)
                if length > match.length {
                    match = Match(length: length, distance: place - candidate)
                    if length >= Self.goodLength || length == longest { break }
                }
            }
            candidate = Int(previous[candidate & (Self.windowSize - 1)])
        }
        return match
    }

    /// How many bytes from two places on are the same, four being known to be.
    @inline(__always)
    private func commonLength(_ first: Int, _ second: Int, limit: Int) -> Int {
        let first = UnsafeRawPointer(buffer + first)
        let second = UnsafeRawPointer(buffer + second)
        var length = 4
        while length + 8 <= limit {
            let difference =
                first.loadUnaligned(fromByteOffset: length, as: UInt64.self).littleEndian
                ^ second.loadUnaligned(fromByteOffset: length, as: UInt64.self).littleEndian
            if difference != 0 { return length + difference.trailingZeroBitCount / 8 }
            length += 8
        }
        while length < limit,
            first.load(fromByteOffset: length, as: UInt8.self) == second.load(fromByteOffset: length, as: UInt8.self)
        {
            length += 1
        }
        return length
    }
}
