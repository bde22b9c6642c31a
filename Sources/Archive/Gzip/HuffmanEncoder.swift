/// A Huffman code for symbols of known frequency, with codes of limited length, in the order that DEFLATE prescribes
/// (RFC 1951 section 3.2.2).
struct HuffmanEncoder {
    /// Of each symbol's code; 0 for a symbol without one.
    private(set) var lengths: [UInt8]
    /// Each symbol's code, its first bit lowest.
    private(set) var codes: [UInt16]

    /// The code with these lengths.
    init(lengths: [UInt8]) {
        self.lengths = lengths
        codes = Self.codes(lengths)
    }

    /// The code that makes a text with these frequencies shortest, but for the limit.
    ///
    /// At least two symbols have a code, since there are decoders that refuse less.
    init(frequencies: UnsafeBufferPointer<UInt32>, maximumLength: Int) {
        var leaves: [(symbol: Int, weight: UInt64)] = []
        for (symbol, frequency) in frequencies.enumerated() where frequency > 0 {
            leaves.append((symbol, UInt64(frequency)))
        }
        for symbol in 0..<2 where leaves.count < 2 && !leaves.contains(where: { $0.symbol == symbol }) {
            leaves.append((symbol, 0))
        }
        leaves.sort { ($0.weight, $0.symbol) < ($1.weight, $1.symbol) }
        var counts = Self.lengthCounts(leaves.map(\.weight), maximumLength: maximumLength)
        Self.limit(&counts, to: maximumLength)
        lengths = [UInt8](repeating: 0, count: frequencies.count)
        // The rarest have the longest codes.
        var index = 0
        for length in stride(from: maximumLength, through: 1, by: -1) {
            for _ in 0..<counts[length] {
                lengths[leaves[index].symbol] = UInt8(length)
                index += 1
            }
        }
        codes = Self.codes(lengths)
    }

    /// How many codes of each length the optimal tree over these ascending weights has, those that are too long counted
    /// as of the maximum length.
    private static func lengthCounts(_ weights: [UInt64], maximumLength: Int) -> [Int] {
        // Leaves and inner nodes are both in ascending order, so that the two lightest are at the heads of two queues.
        let leafCount = weights.count
        var innerWeights: [UInt64] = []
        var parents = [Int](repeating: 0, count: 2 * leafCount - 1)
        var leaf = 0
        var inner = 0
        func isLeafLighter() -> Bool {
            inner == innerWeights.count || (leaf < leafCount && weights[leaf] <= innerWeights[inner])
        }
        for node in leafCount..<2 * leafCount - 1 {
            var sum: UInt64 = 0
            for _ in 0..<2 {
                if isLeafLighter() {
                    sum += weights[leaf]
                    parents[leaf] = node
                    leaf += 1
                } else {
                    sum += innerWeights[inner]
                    parents[leafCount + inner] = node
                    inner += 1
                }
            }
            innerWeights.append(sum)
        }
        var depths = [Int](repeating: 0, count: parents.count)
        var counts = [Int](repeating: 0, count: maximumLength + 1)
        for node in stride(from: parents.count - 2, through: 0, by: -1) {
            depths[node] = depths[parents[node]] + 1
            if node < leafCount { counts[min(depths[node], maximumLength)] += 1 }
        }
        return counts
    }

    /// Makes shorter codes longer until all of them fit, where some were cut to the maximum length.
    private static func limit(_ counts: inout [Int], to maximumLength: Int) {
        var total = 0
        for length in 1...maximumLength { total += counts[length] << (maximumLength - length) }
        while total > 1 << maximumLength {
            // One code moves down by a level and takes one of the longest as its sibling, which leaves a place free.
            guard let length = (1..<maximumLength).last(where: { counts[$0] > 0 }) else { return }
            counts[maximumLength] -= 1
            counts[length] -= 1
            counts[length + 1] += 2
            total -= 1
        }
    }

    private static func codes(_ lengths: [UInt8]) -> [UInt16] {
        var counts = [Int](repeating: 0, count: 17)
        for length in lengths where length > 0 { counts[Int(length)] += 1 }
        var next = [Int](repeating: 0, count: 17)
        for length in 1...16 { next[length] = (next[length - 1] + counts[length - 1]) << 1 }
        return lengths.map { length in
            guard length > 0 else { return 0 }
            var rest = next[Int(length)]
            next[Int(length)] += 1
            var code: UInt16 = 0
            for _ in 0..<length {
                code = code << 1 | UInt16(rest & 1)
                rest >>= 1
            }
            return code
        }
    }

    /// The number of bits of a text with these frequencies, extra bits left out.
    func cost(_ frequencies: UnsafeBufferPointer<UInt32>) -> Int {
        var bits = 0
        for symbol in 0..<min(frequencies.count, lengths.count) {
            bits += Int(frequencies[symbol]) * Int(lengths[symbol])
        }
        return bits
    }
}
