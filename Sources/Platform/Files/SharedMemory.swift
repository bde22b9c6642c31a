#if os(Linux)
    import CLinux

    /// Memory that several processes have mapped, to be written by all of them.
    ///
    /// Its length never changes: where one could shorten the file, another one would be killed by the next access (SIGBUS).
    package final class SharedMemory: Sendable {
        package let file: MemoryFile
        /// Bytes.
        package let count: Int
        /// The first byte; aligned to a page, and valid as long as this object lives.
        package nonisolated(unsafe) let base: UnsafeMutableRawPointer

        /// Makes `count` zero bytes.
        ///
        /// - Parameter name: what `/proc` shows.
        package convenience init(name: String, count: Int) throws(SystemError) {
            let file = try MemoryFile(name: name, size: count)
            try file.sealSize()
            try self.init(file, count: count)
        }

        /// Maps memory that another process has made.
        ///
        /// - Throws: if the file has another length, or one that could change.
        package convenience init(adopting descriptor: Int32, count: Int) throws(SystemError) {
            let file = MemoryFile(adopting: descriptor)
            guard file.size == count, file.hasSealedSize else {
                throw SystemError(operation: "map shared memory of \(count) bytes", code: EINVAL)
            }
            try self.init(file, count: count)
        }

        private init(_ file: MemoryFile, count: Int) throws(SystemError) {
            guard let memory = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, file.descriptor, 0),
                memory != MAP_FAILED
            else { throw .last("mmap") }
            self.file = file
            self.count = count
            base = memory
        }

        deinit {
            munmap(base, count)
        }
    }
#endif
