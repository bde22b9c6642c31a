#if os(Linux)
    import CLinux
#endif

/// Memory that was needed and is needed no more.
package enum FreedMemory {
    /// Has the C library give freed memory back to the system, for a process that runs all day and mostly waits.
    ///
    /// By itself the GNU library gives each thread a heap of its own. Once a block of some megabytes was freed, it keeps as
    /// much at the end of each heap, for the next such block: in a soak, 19 of 23 MB were free blocks in 16 heaps. Two
    /// heaps are enough where threads seldom meet, and large blocks come from the system each time. Other libraries have
    /// no such settings.
    package static func giveBack() {
        #if canImport(Glibc)
            _ = mallopt(M_ARENA_MAX, 2)
            _ = mallopt(M_MMAP_THRESHOLD, 512 << 10)
            _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
        #endif
    }
}
