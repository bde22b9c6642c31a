package import Glibc

/// Puts memories back to their beginning, at a cost that grows with what was written and not with their size.
///
/// The system can drop pages, and then gives new ones, which cost a fault each, and a copy for those of an image. It is
/// several times as fast to write over those that are there, so that the next instance finds them in place.
enum WrittenPages {
    /// Up to this many bytes, all are written over without a look at which pages are there.
    private static let small = 128 << 10
    /// No more pages than these are kept: 4 MiB.
    private static let maximumKept = 1024
    /// Which pages of this process are there, a word for each; -1 where the system does not tell.
    private static let map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)
    private static let isPresent: UInt64 = 1 << 63
    private static let isSwapped: UInt64 = 1 << 62
    /// Of a file, or shared: not written since it was mapped as a private copy.
    private static let isOfFile: UInt64 = 1 << 61

    /// Makes the first `byteCount` bytes read as the image, or as zeros where there is none.
    static func reset(_ base: UnsafeMutableRawPointer, _ byteCount: Int, _ image: MemoryImage?) {
        guard image?.canRestore ?? true else { return AddressSpace.reset(base, byteCount) }
        if byteCount <= small {
            restore(0..<byteCount, base, image)
        } else if !restoreWritten(base, AddressSpace.rounded(byteCount), image) {
            AddressSpace.reset(base, byteCount)
        }
    }

    /// Restores the pages that were written; false if the system does not tell which, or if they are too many.
    private static func restoreWritten(
        _ base: UnsafeMutableRawPointer, _ byteCount: Int, _ image: MemoryImage?
    ) -> Bool {
        let pageSize = AddressSpace.pageByteCount
        let count = byteCount / pageSize
        // A guest with a memory of many megabytes has mostly written much of it, too.
        guard map >= 0, count <= 64 * maximumKept else { return false }
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { words in
            let offset = Int(bitPattern: base) / pageSize * 8
            guard pread(map, words.baseAddress, count * 8, off_t(offset)) == count * 8 else { return false }
            var kept = 0
            var run: Range<Int>?
            for page in 0..<count where words[page] & (isPresent | isSwapped) != 0 && words[page] & isOfFile == 0 {
                kept += 1
                guard kept <= maximumKept else { return false }
                if let pages = run, pages.upperBound == page {
                    run = pages.lowerBound..<page + 1
                } else {
                    if let pages = run {
                        restore(pages.lowerBound * pageSize..<pages.upperBound * pageSize, base, image)
                    }
                    run = page..<page + 1
                }
            }
            if let pages = run { restore(pages.lowerBound * pageSize..<pages.upperBound * pageSize, base, image) }
            return true
        }
    }

    private static func restore(_ range: Range<Int>, _ base: UnsafeMutableRawPointer, _ image: MemoryImage?) {
        if let image {
            image.restore(range, at: base)
        } else {
            memset(base + range.lowerBound, 0, range.count)
        }
    }
}
