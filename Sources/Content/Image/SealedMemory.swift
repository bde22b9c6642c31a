import Glibc
import Platform

/// Memory without a name that nobody can change, shared between processes by its descriptor, and mapped as long as this
/// lives.
final class SealedMemory: Sendable {
    private let file: MemoryFile
    // The memory is sealed: it is only read, by any thread.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    var descriptor: Int32 { file.descriptor }

    /// Copies bytes.
    convenience init(_ content: UnsafeRawBufferPointer) throws(SystemError) {
        let file = try MemoryFile(name: "wwwroot")
        try file.append(content)
        try file.seal()
        try self.init(mapping: file)
    }

    /// Takes over a descriptor of memory that has been sealed.
    convenience init(adopting descriptor: Int32) throws(SystemError) {
        let file = MemoryFile(adopting: descriptor)
        guard file.isSealed else { throw SystemError(operation: "the memory is not sealed", code: EPERM) }
        try self.init(mapping: file)
    }

    private init(mapping file: MemoryFile) throws(SystemError) {
        let size = file.size
        guard size > 0 else { throw SystemError(operation: "the memory is empty", code: EINVAL) }
        guard let memory = mmap(nil, size, PROT_READ, MAP_SHARED, file.descriptor, 0), memory != MAP_FAILED else {
            throw .last("mmap")
        }
        self.file = file
        bytes = UnsafeRawBufferPointer(start: memory, count: size)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }

    /// Whether a descriptor is of this same memory.
    func isSame(as other: Int32) -> Bool {
        guard let mine = FileStatus(descriptor: descriptor), let others = FileStatus(descriptor: other) else {
            return false
        }
        return mine.id == others.id
    }
}
