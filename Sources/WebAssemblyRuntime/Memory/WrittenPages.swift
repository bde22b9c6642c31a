import CLinux
import Glibc

/// Puts memories back to their beginning, at a cost that grows with what was written and not with their size.
///
/// The system can drop pages, and then gives new ones, which cost a fault each, and a copy for those of an image. It is
/// several times as fast to write over those that are there, so that the next instance finds them in place.
enum WrittenPages {
    /// Up to this many bytes, all are written over without a look at which pages are there.
    private static let small = 128 << 10
    /// No more pages than these are kept: 4 MiB.
    private static let maximumKept = 1024
    /// Tells which pages of this process are there; -1 where the system does not.
    private static let map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)

    /// Makes the first `byteCount` bytes read as the image, or as zeros where there is none.
    ///
    /// - Returns: How many bytes of pages are kept for it.
    static func reset(_ base: UnsafeMutableRawPointer, _ byteCount: Int, _ image: MemoryImage?) -> Int {
        if byteCount <= small {
            restore(0..<byteCount, base, image)
            return byteCount
        }
        let byteCount = AddressSpace.rounded(byteCount)
        let kept = restoreScanned(base, byteCount, image) ?? restoreListed(base, byteCount, image)
        if kept == nil { AddressSpace.reset(base, byteCount) }
        return (kept ?? 0) * AddressSpace.pageByteCount
    }

    // MARK: Linux 6.7 and later

    /// Restores the pages that were written, as the kernel finds them in its own tables, and
    /// returns how many of them are kept; nil if it cannot.
    private static func restoreScanned(
        _ base: UnsafeMutableRawPointer, _ byteCount: Int, _ image: MemoryImage?
    ) -> Int? {
        let start = UInt64(UInt(bitPattern: base))
        let unwritten = UInt64(CLINUX_PAGE_IS_FILE | CLINUX_PAGE_IS_ZERO)
        return withUnsafeTemporaryAllocation(of: clinux_page_region.self, capacity: 64) { regions in
            var scan = clinux_page_scan()
            scan.size = UInt64(MemoryLayout<clinux_page_scan>.size)
            scan.start = start
            scan.end = start + UInt64(byteCount)
            scan.vec = UInt64(UInt(bitPattern: regions.baseAddress))
            scan.vec_len = UInt64(regions.count)
            scan.category_inverted = unwritten
            scan.category_mask = unwritten
            scan.category_anyof_mask = UInt64(CLINUX_PAGE_IS_PRESENT | CLINUX_PAGE_IS_SWAPPED)
            var kept = 0
            while scan.start < scan.end {
                let count = clinux_scan_pages(map, &scan)
                // What was done so far is right: the rest can be done in another way.
                guard count >= 0, scan.walk_end > scan.start else { return nil }
                for region in regions.prefix(Int(count)) {
                    let range = Int(region.start - start)..<Int(region.end - start)
                    kept += range.count / AddressSpace.pageByteCount
                    if kept <= maximumKept {
                        restore(range, base, image)
                    } else {
                        AddressSpace.reset(base + range.lowerBound, range.count)
                    }
                }
                scan.start = scan.walk_end
            }
            return min(kept, maximumKept)
        }
    }

    // MARK: Before

    private static let isPresent: UInt64 = 1 << 63
    private static let isSwapped: UInt64 = 1 << 62
    /// Of a file, or shared: not written since it was mapped as a private copy.
    private static let isOfFile: UInt64 = 1 << 61

    /// Restores the pages that were written, found in a list of all, and returns how many; nil if the system has no such
    /// list, or if they are too many.
    private static func restoreListed(
        _ base: UnsafeMutableRawPointer, _ byteCount: Int, _ image: MemoryImage?
    ) -> Int? {
        let pageSize = AddressSpace.pageByteCount
        let count = byteCount / pageSize
        // A guest with a memory of many megabytes has mostly written much of it, too.
        guard map >= 0, count <= 64 * maximumKept else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { words in
            let offset = Int(bitPattern: base) / pageSize * 8
            guard pread(map, words.baseAddress, count * 8, off_t(offset)) == count * 8 else { return nil }
            var kept = 0
            var run: Range<Int>?
            for page in 0..<count where words[page] & (isPresent | isSwapped) != 0 && words[page] & isOfFile == 0 {
                kept += 1
                guard kept <= maximumKept else { return nil }
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
            return kept
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
