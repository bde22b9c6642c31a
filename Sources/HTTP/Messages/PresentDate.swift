import Synchronization

/// The date of one second, for any number of threads: without a lock, since all responses have it.
///
/// Its text is in words that one thread at a time writes. Who reads them looks at the second before and after: if that is
/// the one that was asked for both times, no other was written in between.
final class PresentDate: Sendable {
    /// Whose text it is; `busy` while that is written.
    private let second = Atomic<Int>(.min)
    private static let busy = Int.max
    private let first = Atomic<UInt64>(0)
    private let middle = Atomic<UInt64>(0)
    private let next = Atomic<UInt64>(0)
    private let last = Atomic<UInt64>(0)
    /// Bytes of a date.
    private static let length = 29

    /// Appends the date of a second since 1970, the present one.
    func append(second wanted: Int, to output: inout [UInt8]) {
        if second.load(ordering: .acquiring) == wanted {
            let words = (
                first.load(ordering: .relaxed), middle.load(ordering: .relaxed), next.load(ordering: .relaxed),
                last.load(ordering: .relaxed)
            )
            atomicMemoryFence(ordering: .acquiring)
            if second.load(ordering: .relaxed) == wanted {
                return withUnsafeBytes(of: words) { output.append(contentsOf: $0.prefix(Self.length)) }
            }
        }
        let text = Array(HTTPDate.format(secondsSince1970: Int64(wanted)).utf8)
        keep(text, wanted)
        output.append(contentsOf: text)
    }

    private func keep(_ text: [UInt8], _ wanted: Int) {
        let known = second.load(ordering: .relaxed)
        guard text.count == Self.length, known != Self.busy,
            second.compareExchange(expected: known, desired: Self.busy, ordering: .acquiring).exchanged
        else { return }
        atomicMemoryFence(ordering: .releasing)
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: text) }
        first.store(words.0, ordering: .relaxed)
        middle.store(words.1, ordering: .relaxed)
        next.store(words.2, ordering: .relaxed)
        last.store(words.3, ordering: .relaxed)
        second.store(wanted, ordering: .releasing)
    }
}
