import Glibc

/// The bytes of a module, at an address that holds for the life of this object.
package final class ModuleBinary: Sendable {
    package let count: Int

    nonisolated(unsafe) private let start: UnsafeMutableRawPointer

    /// Keeps a copy of `bytes`.
    ///
    /// An array's own storage has no address that may be kept, and copying costs a fraction of decoding; whoever has a
    /// big file uses ``init(contentsOfFile:)``, which copies nothing.
    ///
    /// - Throws: `.unsupported` if there is no memory for them.
    package init(_ bytes: some Collection<UInt8>) throws(ModuleError) {
        count = bytes.count
        start = try ModuleBinary.allocate(byteCount: bytes.count)
        let destination = UnsafeMutableRawBufferPointer(start: start, count: count)
        let copied = bytes.withContiguousStorageIfAvailable { source -> Bool in
            destination.copyMemory(from: UnsafeRawBufferPointer(source))
            return true
        }
        if copied == nil { destination.copyBytes(from: bytes) }
    }

    /// Makes a binary of `byteCount` bytes, which `fill` writes.
    ///
    /// - Throws: what `fill` throws; `ModuleError`, `.unsupported`, if there is no memory for them.
    package init(byteCount: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
        count = byteCount
        start = try ModuleBinary.allocate(byteCount: byteCount)
        try fill(UnsafeMutableRawBufferPointer(start: start, count: byteCount))
    }

    /// Reads the file at `path`.
    ///
    /// It is read rather than mapped: a mapped file that a build truncates while it is in use would end the process.
    ///
    /// - Throws: `EFBIG` for a file of more than `largestFile` bytes, `ENOMEM` if there is no memory for it.
    package init(contentsOfFile path: String) throws(ModuleFileError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ModuleFileError(path: path, code: errno) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw ModuleFileError(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ModuleFileError(path: path, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        // The size comes from outside: a sparse file of many terabytes is made by one command.
        guard status.st_size <= ModuleBinary.largestFile else { throw ModuleFileError(path: path, code: EFBIG) }
        let size = Int(status.st_size)
        guard let memory = ModuleBinary.memory(byteCount: size) else {
            throw ModuleFileError(path: path, code: ENOMEM)
        }
        var filled = 0
        while filled < size {
            let got = read(file, memory + filled, size - filled)
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else {
                let code = errno
                free(memory)
                throw ModuleFileError(path: path, code: code)
            }
            if got == 0 { break }
            filled += got
        }
        start = memory
        count = filled
    }

    /// The most bytes that a module's file may have: 1 GiB, which is what engines for the web allow
    /// (WebAssembly JavaScript Interface, "Implementation-defined Limits").
    package static let largestFile = 1 << 30

    private static func allocate(byteCount: Int) throws(ModuleError) -> UnsafeMutableRawPointer {
        guard let memory = memory(byteCount: byteCount) else {
            throw ModuleError(
                kind: .unsupported, message: "there is no memory for a module of \(byteCount) bytes", offset: 0)
        }
        return memory
    }

    /// Memory for `free(_:)` to give back, at least a byte of it, so that there always is an address; `nil` if there is
    /// not so much.
    private static func memory(byteCount: Int) -> UnsafeMutableRawPointer? {
        let isBig = byteCount >= 2 * HugePage.byteCount
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, isBig ? HugePage.byteCount : 16, max(1, byteCount)) == 0, let memory else {
            return nil
        }
        if isBig { HugePage.advise(memory, byteCount: byteCount) }
        return memory
    }

    deinit {
        free(start)
    }

    /// All bytes; valid as long as this object is.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// The bytes of `range`; valid as long as this object is.
    package func bytes(in range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}

/// A module's file that cannot be read.
package struct ModuleFileError: Error, CustomStringConvertible {
    package let path: String
    /// As in `errno`.
    package let code: Int32

    package var description: String {
        "cannot read \(path): \(String(cString: strerror(code)))"
    }
}
