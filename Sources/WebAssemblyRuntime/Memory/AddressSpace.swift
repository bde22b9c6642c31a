import Glibc

/// A range of addresses that is readable and writable but takes no memory until it is touched; it reads as zeros.
enum AddressSpace {
    /// The granularity of mappings.
    static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))

    /// Rounds up to whole pages of the operating system.
    static func rounded(_ byteCount: Int) -> Int {
        (byteCount + pageByteCount - 1) & ~(pageByteCount - 1)
    }

    /// Reserves addresses, or returns nil where the process has none left.
    static func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let place = mmap(nil, max(byteCount, pageByteCount), PROT_READ | PROT_WRITE, flags, -1, 0)
        return place == MAP_FAILED ? nil : place
    }

    /// Gives addresses back.
    static func release(_ place: UnsafeMutableRawPointer, _ byteCount: Int) {
        munmap(place, max(byteCount, pageByteCount))
    }

    /// Drops what was written: the range reads as when it was reserved, or as the image mapped there.
    static func reset(_ place: UnsafeMutableRawPointer, _ byteCount: Int) {
        if byteCount > 0 { madvise(place, rounded(byteCount), MADV_DONTNEED) }
    }
}
