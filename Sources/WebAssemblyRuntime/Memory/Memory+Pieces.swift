import Glibc
import WebAssembly

extension Memory {
    /// What is in the memory but zeros, in runs of whole pages of the operating system. The bytes stay where they are.
    var writtenPieces: [MemoryImage.Piece] {
        let pageByteCount = AddressSpace.pageByteCount
        let base = record.pointee.base
        let zeros = UnsafeMutableRawPointer.allocate(byteCount: pageByteCount, alignment: 64)
        zeros.initializeMemory(as: UInt8.self, repeating: 0, count: pageByteCount)
        defer { zeros.deallocate() }
        var pieces: [MemoryImage.Piece] = []
        var start: Int?
        func endRun(at place: Int) {
            guard let first = start else { return }
            pieces.append((place: first, bytes: UnsafeRawBufferPointer(start: base + first, count: place - first)))
            start = nil
        }
        for place in stride(from: 0, to: byteCount, by: pageByteCount) {
            if memcmp(base + place, zeros, pageByteCount) == 0 {
                endRun(at: place)
            } else if start == nil {
                start = place
            }
        }
        endRun(at: byteCount)
        return pieces
    }
}
