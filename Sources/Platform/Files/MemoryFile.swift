#if os(Linux)
    import CLinux

    /// A file that is in memory only, and has no name: it goes with its last descriptor and mapping (`memfd_create`).
    ///
    /// Another process gets it by its descriptor, inherited or sent. Once it is sealed, nobody can change it, so that
    /// whoever has mapped it needs not trust who made it.
    package final class MemoryFile: Sendable {
        /// The file. It is closed with this object.
        package let descriptor: Int32

        /// Makes an empty file.
        ///
        /// - Parameter name: what `/proc` shows.
        package init(name: String) throws(SystemError) {
            descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)
            guard descriptor >= 0 else { throw .last("memfd_create") }
        }

        /// Makes a file of `size` zero bytes.
        package convenience init(name: String, size: Int) throws(SystemError) {
            try self.init(name: name)
            guard ftruncate(descriptor, off_t(size)) == 0 else { throw .last("ftruncate") }
        }

        /// Takes over a descriptor, which programs that this process starts do not inherit from now on.
        package init(adopting descriptor: Int32) {
            self.descriptor = descriptor
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }

        deinit {
            close(descriptor)
        }

        /// Bytes; 0 if the system does not say.
        package var size: Int { Int(FileStatus(descriptor: descriptor)?.size ?? 0) }

        /// Whether nobody can write to it, shorten it or lengthen it any more.
        package var isSealed: Bool {
            let all = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
            let seals = fcntl(descriptor, F_GET_SEALS)
            return seals >= 0 && seals & all == all
        }

        /// Whether its length can never change, whoever has it.
        package var hasSealedSize: Bool {
            let all = F_SEAL_SHRINK | F_SEAL_GROW
            let seals = fcntl(descriptor, F_GET_SEALS)
            return seals >= 0 && seals & all == all
        }

        /// Adds bytes at the end.
        package func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
            var position = off_t(size)
            var rest = bytes
            while !rest.isEmpty {
                let count = pwrite(descriptor, rest.baseAddress, rest.count, position)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { throw .last("write") }
                position += off_t(count)
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }

        /// Fixes its length for good; what it holds can still be written.
        package func sealSize() throws(SystemError) {
            guard fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0 else {
                throw .last("fcntl")
            }
        }

        /// Makes it read-only for everybody, for good. There must be no writable mapping of it any more.
        package func seal() throws(SystemError) {
            guard fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0 else {
                throw .last("fcntl")
            }
        }
    }
#endif
