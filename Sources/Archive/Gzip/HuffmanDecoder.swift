/// A Huffman code of DEFLATE (RFC 1951 section 3.2) as a table that the next bits of the stream index.
///
/// Codes up to `rootBits` long are looked up at once; longer ones lead to a second table. An entry has, from its lowest
/// bit: four bits with the length of the code, where zero stands for a code that does not exist; two bits with what
/// it is; five bits with the number of extra bits, or of bits that index a second table; and from bit 16, the literal,
/// the base that the extra bits are added to, or the place of the second table.
struct HuffmanDecoder: ~Copyable {
    typealias Entry = UInt32

    static let kindMask: Entry = 0x30
    static let base: Entry = 0x00
    static let literal: Entry = 0x10
    static let endOfBlock: Entry = 0x20
    static let link: Entry = 0x30
    /// Stands in an alphabet for a symbol that has a code and no meaning.
    static let noSymbol = Entry.max

    let rootBits: Int
    private let capacity: Int
    let entries: UnsafeMutablePointer<Entry>

    /// - Parameter capacity: Room for the first table and any second ones.
    init(rootBits: Int, capacity: Int) {
        self.rootBits = rootBits
        self.capacity = capacity
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: 0, count: capacity)
    }

    deinit {
        entries.deallocate()
    }

    /// Makes the table for a code.
    /// - Parameters:
    ///   - lengths: The length of each symbol's code; 0 for symbols without one.
    ///   - symbols: The entry of each symbol, but for the length.
    /// - Throws: `malformedData` for lengths that no code has, and for a code that leaves sequences without meaning,
    ///   unless it is that of a single symbol.
    func build(_ lengths: UnsafeBufferPointer<UInt8>, symbols: UnsafePointer<Entry>, name: String) throws(ArchiveError)
    {
        var counts = InlineCounts()
        for length in lengths { counts[Int(length)] += 1 }
        let used = lengths.count - counts[0]
        var left = 1
        for length in 1...15 {
            left = left << 1 - counts[length]
            guard left >= 0 else { throw .malformedData("the \(name) code has more codes than fit") }
        }
        guard left == 0 || (used <= 1 && counts[1] == used) else {
            throw .malformedData("the \(name) code is incomplete")
        }
        var nextCode = InlineCounts()
        var code = 0
        for length in 1...15 {
            code = (code + counts[length - 1] * (length > 1 ? 1 : 0)) << 1
            nextCode[length] = code
        }
        entries.update(repeating: 0, count: 1 << rootBits)
        var firstFree = 1 << rootBits
        // Second tables are made for the longest code below their root: lengths are gone through from the longest on.
        for length in stride(from: 15, through: 1, by: -1) where counts[length] > 0 {
            for symbol in 0..<lengths.count where lengths[symbol] == length {
                let reversed = Self.reverse(nextCode[length], count: length)
                nextCode[length] += 1
                if length <= rootBits {
                    let entry = symbols[symbol] == Self.noSymbol ? 0 : symbols[symbol] | Entry(length)
                    var index = reversed
                    while index < 1 << rootBits {
                        entries[index] = entry
                        index += 1 << length
                    }
                } else {
                    let root = reversed & (1 << rootBits - 1)
                    if entries[root] == 0 {
                        let bits = length - rootBits
                        guard firstFree + 1 << bits <= capacity else {
                            throw .malformedData("the \(name) code is too irregular")
                        }
                        entries[root] =
                            Entry(firstFree) << 16 | Entry(bits) << 6 | Self.link | Entry(rootBits)
                        (entries + firstFree).update(repeating: 0, count: 1 << bits)
                        firstFree += 1 << bits
                    }
                    let bits = Int(entries[root] >> 6 & 0x1F)
                    let table = Int(entries[root] >> 16)
                    let entry = symbols[symbol] == Self.noSymbol ? 0 : symbols[symbol] | Entry(length - rootBits)
                    var index = reversed >> rootBits
                    while index < 1 << bits {
                        entries[table + index] = entry
                        index += 1 << (length - rootBits)
                    }
                }
            }
        }
    }

    private static func reverse(_ code: Int, count: Int) -> Int {
        var rest = code
        var reversed = 0
        for _ in 0..<count {
            reversed = reversed << 1 | rest & 1
            rest >>= 1
        }
        return reversed
    }

    /// A number for each length of code.
    private struct InlineCounts {
        private var values = SIMD16<Int32>()

        subscript(length: Int) -> Int {
            get { Int(values[length]) }
            set { values[length] = Int32(truncatingIfNeeded: newValue) }
        }
    }
}
