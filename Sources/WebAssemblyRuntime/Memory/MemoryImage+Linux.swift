import CLinux
import Glibc

/// The initial contents of a linear memory as an anonymous file, which new memories map copy-on-write: no byte is
/// copied until it is touched.
///
/// Segments may lie far apart, as those of Go and of unoptimised programs do. So the file has only the parts of the memory
/// that hold something, and each part is mapped by itself.
final class MemoryImage: Sendable {
    /// Bytes of a memory, as a module's segment gives them.
    typealias Piece = (place: Int, bytes: UnsafeRawBufferPointer)

    /// A part of the memory, in whole pages of the operating system.
    struct Part: Hashable {
        var memory: Range<Int>
        /// Where it stands in the file.
        var fileOffset: Int
    }

    /// In the order of their places, and never empty.
    let parts: [Part]
    private let fileByteCount: Int
    private let file: Int32
    /// The file, to be read from.
    private nonisolated(unsafe) let view: UnsafeMutableRawPointer

    /// Each part is a mapping, and a process may have some ten thousand of these.
    private static let maximumPartCount = 64
    /// Parts at most so far apart become one.
    private static let smallestGap = 64 << 10

    /// Makes an image of `pieces`; nil if these are all empty, or if the system has no anonymous files left.
    init?(_ pieces: [Piece]) {
        let parts = MemoryImage.parts(of: pieces)
        guard let last = parts.last else { return nil }
        let fileByteCount = last.fileOffset + last.memory.count
        let file = memfd_create("memory", MFD_CLOEXEC)
        guard file >= 0 else { return nil }
        guard ftruncate(file, fileByteCount) == 0,
            let view = mmap(nil, fileByteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), view != MAP_FAILED
        else {
            close(file)
            return nil
        }
        // Later segments win where they overlap.
        for (place, bytes) in pieces where bytes.count > 0 {
            let part = parts[MemoryImage.index(ofPartEndingAfter: place, in: parts)]
            memcpy(view + part.fileOffset + (place - part.memory.lowerBound), bytes.baseAddress!, bytes.count)
        }
        mprotect(view, fileByteCount, PROT_READ)
        self.parts = parts
        self.fileByteCount = fileByteCount
        self.file = file
        self.view = view
    }

    deinit {
        munmap(view, fileByteCount)
        close(file)
    }

    /// The parts of a memory that hold `pieces`: as few as the gaps between them allow.
    static func parts(of pieces: [Piece]) -> [Part] {
        let pageSize = AddressSpace.pageByteCount
        let ranges = pieces.filter { $0.bytes.count > 0 }
            .map { $0.place / pageSize * pageSize..<AddressSpace.rounded($0.place + $0.bytes.count) }
            .sorted { $0.lowerBound < $1.lowerBound }
        var gap = smallestGap
        while true {
            var merged: [Range<Int>] = []
            for range in ranges {
                if let last = merged.last, range.lowerBound <= last.upperBound + gap {
                    merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
                } else {
                    merged.append(range)
                }
            }
            guard merged.count > maximumPartCount else {
                var offset = 0
                return merged.map { range in
                    defer { offset += range.count }
                    return Part(memory: range, fileOffset: offset)
                }
            }
            gap *= 2
        }
    }

    /// The first part that ends after a place; the number of parts if there is none.
    private static func index(ofPartEndingAfter place: Int, in parts: [Part]) -> Int {
        var (low, high) = (0, parts.count)
        while low < high {
            let middle = (low + high) / 2
            if parts[middle].memory.upperBound <= place { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Puts a range of a memory, given by offsets from its beginning, back to what the image has there, and to zeros
    /// outside.
    func restore(_ range: Range<Int>, at base: UnsafeMutableRawPointer) {
        var place = range.lowerBound
        var index = MemoryImage.index(ofPartEndingAfter: place, in: parts)
        while index < parts.count, parts[index].memory.lowerBound < range.upperBound {
            let part = parts[index]
            let covered = range.clamped(to: part.memory)
            memset(base + place, 0, covered.lowerBound - place)
            let source = view + part.fileOffset + (covered.lowerBound - part.memory.lowerBound)
            memcpy(base + covered.lowerBound, source, covered.count)
            place = covered.upperBound
            index += 1
        }
        memset(base + place, 0, range.upperBound - place)
    }

    /// Lays the image over the memory that begins at `base`.
    func map(at base: UnsafeMutableRawPointer) -> Bool {
        let flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE
        return parts.allSatisfy { part in
            let place = base + part.memory.lowerBound
            return mmap(place, part.memory.count, PROT_READ | PROT_WRITE, flags, file, part.fileOffset) != MAP_FAILED
        }
    }
}
