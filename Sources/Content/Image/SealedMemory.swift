#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Memory without a name that nobody can change, shared between processes by its descriptor, and mapped as long as this
/// lives.
final class SealedMemory: Sendable {
    /// Why there is none.
    struct Failure: Error {
        let operation: String
        let code: Int32
    }

    let descriptor: Int32
    // The memory is sealed: it is only read, by any thread.
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// `F_ADD_SEALS` and `F_GET_SEALS`, which Swift's module does not show.
    private static let (addSeals, getSeals): (Int32, Int32) = (1033, 1034)
    /// `F_SEAL_SEAL` beside those of shrinking, growing and writing.
    private static let (allSeals, neededSeals): (Int32, Int32) = (1 | 2 | 4 | 8, 2 | 4 | 8)
    private static let closesOnExecutionAndSeals: UInt32 = 1 | 2

    /// Copies bytes.
    convenience init(_ content: UnsafeRawBufferPointer) throws(Failure) {
        guard let address = dlsym(nil, "memfd_create") else {
            throw Failure(operation: "memfd_create", code: ENOSYS)
        }
        typealias MakeMemory = @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32
        let made = unsafeBitCast(address, to: MakeMemory.self)("wwwroot", Self.closesOnExecutionAndSeals)
        guard made >= 0 else { throw Failure(operation: "memfd_create", code: errno) }
        var written = 0
        while written < content.count {
            let count = pwrite(made, content.baseAddress! + written, content.count - written, off_t(written))
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                let code = count == 0 ? ENOSPC : errno
                close(made)
                throw Failure(operation: "write", code: code)
            }
        }
        guard fcntl(made, Self.addSeals, Self.allSeals) == 0 else {
            let code = errno
            close(made)
            throw Failure(operation: "fcntl", code: code)
        }
        try self.init(mapping: made)
    }

    /// Takes over a descriptor of memory that has been sealed.
    convenience init(adopting descriptor: Int32) throws(Failure) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let seals = fcntl(descriptor, Self.getSeals)
        guard seals >= 0, seals & Self.neededSeals == Self.neededSeals else {
            close(descriptor)
            throw Failure(operation: "the memory is not sealed", code: EPERM)
        }
        try self.init(mapping: descriptor)
    }

    private init(mapping descriptor: Int32) throws(Failure) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0,
            let memory = mmap(nil, Int(status.st_size), PROT_READ, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else {
            let code = errno
            close(descriptor)
            throw Failure(operation: "mmap", code: code)
        }
        self.descriptor = descriptor
        bytes = UnsafeRawBufferPointer(start: memory, count: Int(status.st_size))
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress!), bytes.count)
        close(descriptor)
    }

    /// Whether a descriptor is of this same memory.
    func isSame(as other: Int32) -> Bool {
        var (mine, others) = (stat(), stat())
        return fstat(descriptor, &mine) == 0 && fstat(other, &others) == 0 && mine.st_ino == others.st_ino
            && mine.st_dev == others.st_dev
    }
}
