import Glibc

/// Pages of 2 MiB: big modules cause a five-hundredth of the page faults that usual pages cause.
enum HugePage {
    static let byteCount = 2 << 20

    /// Asks for huge pages for the whole ones of a range that begins with one. The kernel may not heed it.
    static func advise(_ start: UnsafeMutableRawPointer, byteCount: Int) {
        madvise(start, byteCount / HugePage.byteCount * HugePage.byteCount, MADV_HUGEPAGE)
    }
}
