/// How bytes arrive: a first piece of some length, then pieces of another. The sizes come from one byte of a fuzzer's.
struct Cut {
    private static let sizes = [1, 2, 3, 5, 7, 16, 61, 512]

    private let first: Int
    private let following: Int

    init(_ choice: UInt8) {
        first = Int(choice >> 3)
        following = Self.sizes[Int(choice & 7)]
    }

    /// Everything at once.
    static let whole = Cut(first: .max, following: .max)

    private init(first: Int, following: Int) {
        self.first = first
        self.following = following
    }

    /// How many bytes arrive after the first `arrived`, of `count` in all; at least one, unless all are there.
    func next(after arrived: Int, of count: Int) -> Int {
        min(arrived == 0 && first > 0 ? first : following, count - arrived)
    }
}

/// Bytes that are handed out in pieces.
final class CutSource {
    private let bytes: ArraySlice<UInt8>
    private let cut: Cut
    private var handedOut = 0

    init(_ bytes: some Collection<UInt8>, _ cut: Cut) {
        self.bytes = Array(bytes)[...]
        self.cut = cut
    }

    /// Puts the next bytes into the buffer, and returns their number; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(cut.next(after: handedOut, of: bytes.count), buffer.count)
        buffer.copyBytes(from: bytes[handedOut..<handedOut + count])
        handedOut += count
        return count
    }
}
