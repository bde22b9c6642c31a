#if os(Linux)
    import Glibc

    /// A directory beneath which files are opened, and nothing else, whatever paths and symbolic links say.
    final class DirectoryRoot: Sendable {
        /// What opening a path found.
        enum Entry {
            case file(OpenFile)
            case directory
        }

        /// `struct open_how` of openat2(2).
        private struct OpenHow {
            var flags: UInt64
            var mode: UInt64 = 0
            var resolve: UInt64
        }

        private static let openat2Number = 437
        private static let resolveNoMagicLinks: UInt64 = 0x02
        private static let resolveBeneath: UInt64 = 0x08
        private static let pathOnly: Int32 = 0o10000000
        /// `O_NONBLOCK`, so that opening a FIFO does not wait for its writer.
        private static let readFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY

        private let descriptor: Int32

        init(_ path: String) throws(SystemError) {
            descriptor = Glibc.open(path, Self.pathOnly | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw SystemError(operation: "open \(path)", code: errno) }
        }

        deinit {
            close(descriptor)
        }

        /// What stands at a path made of `components` beneath the root; `nil` if there is nothing that can be read, or
        /// the way there would lead outside.
        ///
        /// - Precondition: no component is empty, `.`, `..`, or has a `/` or NUL in it.
        func entry(at components: [String]) -> Entry? {
            let path = components.isEmpty ? "." : components.joined(separator: "/")
            var opened = openBeneath(path)
            if opened < 0, errno == ENOSYS || errno == EPERM { opened = walk(components) }
            guard opened >= 0, let file = try? OpenFile(adopting: opened) else { return nil }
            switch file.information.kind {
            case .regular: return .file(file)
            case .directory: return .directory
            case .other: return nil
            }
        }

        /// What the file at `path` beneath the root looks like now: to compare with one opened before, since nothing
        /// keeps this call beneath the root.
        func information(at path: String) -> FileInformation? {
            var status = stat()
            return fstatat(descriptor, path, &status, 0) == 0 ? FileInformation(status) : nil
        }

        /// The kernel resolves the path and refuses to leave the root on the way, symbolic links included.
        private func openBeneath(_ path: String) -> Int32 {
            var how = OpenHow(
                flags: UInt64(Self.readFlags), resolve: Self.resolveBeneath | Self.resolveNoMagicLinks)
            while true {
                let result = withUnsafeMutableBytes(of: &how) { how in
                    path.withCString {
                        LinuxCall.systemCall(
                            Self.openat2Number, Int(descriptor), $0, how.baseAddress!, how.count)
                    }
                }
                // EAGAIN: something was renamed meanwhile, so that the kernel could not be sure.
                if result >= 0 || (errno != EAGAIN && errno != EINTR) { return Int32(truncatingIfNeeded: result) }
            }
        }

        /// Where the kernel is older than Linux 5.6, or a sandbox forbids the call: one component after the other,
        /// following no symbolic link at all.
        func walk(_ components: [String]) -> Int32 {
            var current = dup(descriptor)
            for (index, component) in components.enumerated() {
                guard current >= 0 else { return -1 }
                let flags =
                    index == components.count - 1
                    ? Self.readFlags | O_NOFOLLOW : Self.pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
                let next = openat(current, component, flags)
                close(current)
                current = next
            }
            guard components.isEmpty else { return current }
            defer { close(current) }
            return openat(current, ".", Self.readFlags)
        }
    }
#endif
