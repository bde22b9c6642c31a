package import CLinux
package import Glibc

/// The initial contents of a linear memory as an anonymous file, which new memories map copy-on-write: no byte is
/// copied until it is touched.
final class MemoryImage: Sendable {
    /// Where in the memory the image begins; a multiple of the page size of the operating system.
    let start: Int
    let byteCount: Int
    private let file: Int32
    /// The image to be read from, once it is mapped for that.
    private nonisolated(unsafe) let view: UnsafeMutableRawPointer?

    /// Makes an image of `pieces`, each given by its place in memory; nil if the system has no anonymous files left.
    init?(start: Int, end: Int, pieces: [(place: Int, bytes: UnsafeRawBufferPointer)]) {
        let file = memfd_create("memory", MFD_CLOEXEC)
        guard file >= 0 else { return nil }
        self.file = file
        self.start = start / AddressSpace.pageByteCount * AddressSpace.pageByteCount
        byteCount = AddressSpace.rounded(end) - self.start
        guard ftruncate(file, byteCount) == 0 else { return nil }
        for (place, bytes) in pieces where bytes.count > 0 {
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = pwrite(file, rest.baseAddress, rest.count, place - self.start + written)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return nil }
                written += count
            }
        }
        let view = mmap(nil, max(byteCount, 1), PROT_READ, MAP_SHARED, file, 0)
        self.view = view == MAP_FAILED ? nil : view
    }

    deinit {
        if let view { munmap(view, max(byteCount, 1)) }
        close(file)
    }

    /// Whether `restore` can do anything.
    var canRestore: Bool { view != nil }

    /// Puts a range of a memory, given by offsets from its beginning, back to what the image has there, and to zeros
    /// outside.
    func restore(_ range: Range<Int>, at base: UnsafeMutableRawPointer) {
        let covered = range.clamped(to: start..<start + byteCount)
        guard let view, !covered.isEmpty else {
            memset(base + range.lowerBound, 0, range.count)
            return
        }
        if range.lowerBound < covered.lowerBound {
            memset(base + range.lowerBound, 0, covered.lowerBound - range.lowerBound)
        }
        memcpy(base + covered.lowerBound, view + (covered.lowerBound - start), covered.count)
        if covered.upperBound < range.upperBound {
            memset(base + covered.upperBound, 0, range.upperBound - covered.upperBound)
        }
    }

    /// Lays the image over the memory that begins at `base`.
    func map(at base: UnsafeMutableRawPointer) -> Bool {
        let flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE
        return mmap(base + start, byteCount, PROT_READ | PROT_WRITE, flags, file, 0) != MAP_FAILED
    }
}
