#if os(Linux)
    import CLinux

    /// An open directory beneath which files are opened, and nothing else, whatever paths and symbolic links say.
    ///
    /// It is open for looking things up only, so that it costs no read permission.
    package final class DirectoryHandle: Sendable {
        /// The directory. It is closed with the handle.
        package let descriptor: Int32

        /// The flags that open a directory for nothing but to look things up in it.
        package static let searchFlags = O_PATH | O_DIRECTORY | O_CLOEXEC

        /// Opens the directory at `path`.
        package init(_ path: String) throws(SystemError) {
            descriptor = Glibc.open(path, Self.searchFlags)
            guard descriptor >= 0 else { throw .last("open", path: path) }
        }

        /// Takes over a descriptor of a directory.
        package init(adopting descriptor: Int32) {
            self.descriptor = descriptor
        }

        deinit {
            close(descriptor)
        }

        /// Opens what `path` stands for, if the way there does not leave the directory, symbolic links included.
        ///
        /// - Returns: a descriptor that the caller closes.
        /// - Throws: see the static function.
        package func openBeneath(_ path: String, flags: Int32, mode: mode_t = 0) throws(SystemError) -> Int32 {
            try path.utf8CString.withUnsafeBufferPointer { (path) throws(SystemError) in
                try Self.openBeneath(descriptor, path.baseAddress!, flags: flags, mode: mode)
            }
        }

        /// Whether the kernel has `openat2` (Linux 5.6), and lets this process use it.
        package static let kernelResolvesBeneath: Bool = {
            var how = clinux_open_how(
                flags: UInt64(searchFlags), mode: 0, resolve: UInt64(CLINUX_RESOLVE_BENEATH))
            let descriptor = clinux_openat2(AT_FDCWD, ".", &how)
            guard descriptor >= 0 else { return false }
            close(descriptor)
            return true
        }()

        /// Opens what `path` stands for beneath `directory` by `openat2(2)`: the kernel resolves the path, and refuses
        /// to leave the directory on the way.
        ///
        /// While something is renamed, the kernel cannot be sure and says so (`EAGAIN`). That is tried again, but not
        /// for ever: whoever renames all the time must not hold up a thread.
        ///
        /// - Parameters:
        ///   - mode: the permissions of a file that is made; used with `O_CREAT` only.
        ///   - attempts: how often `EAGAIN` is met before it is thrown.
        ///   - isInterrupted: asked when a signal has interrupted the call: true gives it up with `EINTR`.
        /// - Returns: a descriptor that the caller closes.
        /// - Throws: `EXDEV` if the way leads outside, `ENOSYS` or `EPERM` where the kernel or a sandbox does not let
        ///   this process use the call, `EAGAIN` after the last attempt.
        package static func openBeneath(
            _ directory: Int32, _ path: UnsafePointer<CChar>, flags: Int32, mode: mode_t = 0, attempts: Int = 16,
            isInterrupted: () -> Bool = { false }
        ) throws(SystemError) -> Int32 {
            var how = clinux_open_how(
                flags: UInt64(UInt32(bitPattern: flags)), mode: flags & O_CREAT == 0 ? 0 : UInt64(mode),
                resolve: UInt64(CLINUX_RESOLVE_BENEATH | CLINUX_RESOLVE_NO_MAGICLINKS))
            var failures = 0
            while true {
                let descriptor = clinux_openat2(directory, path, &how)
                if descriptor >= 0 { return descriptor }
                let code = errno
                switch code {
                case EINTR where !isInterrupted(): continue
                case EAGAIN where failures + 1 < attempts: failures += 1
                default: throw SystemError(operation: "openat2", code: code)
                }
            }
        }
    }
#endif
