#if os(Linux)
    import CLinux
    import Glibc
    import Platform

    /// A directory beneath which files are opened, and nothing else, whatever paths and symbolic links say.
    final class DirectoryRoot: Sendable {
        /// What opening a path found.
        enum Entry {
            case file(OpenFile)
            case directory
        }

        /// `O_NONBLOCK`, so that opening a FIFO does not wait for its writer.
        private static let readFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY

        private let directory: DirectoryHandle

        init(_ path: String) throws(SystemError) {
            directory = try DirectoryHandle(path)
        }

        /// What stands at a path made of `components` beneath the root; `nil` if there is nothing that can be read, or
        /// the way there would lead outside.
        ///
        /// - Precondition: no component is empty, `.`, `..`, or has a `/` or NUL in it.
        func entry(at components: [String]) -> Entry? {
            let path = components.isEmpty ? "." : components.joined(separator: "/")
            var opened: Int32
            do throws(SystemError) {
                // The kernel resolves the path and refuses to leave the root on the way, symbolic links included.
                opened = try directory.openBeneath(path, flags: Self.readFlags)
            } catch {
                // Where the kernel is older than Linux 5.6, a sandbox forbids the call, or renames do not let it be sure.
                guard [ENOSYS, EPERM, EAGAIN].contains(error.code) else { return nil }
                opened = walk(components)
            }
            guard opened >= 0, let file = try? OpenFile(adopting: opened) else { return nil }
            switch file.information.kind {
            case .regular: return .file(file)
            case .directory: return .directory
            case .symbolicLink, .other: return nil
            }
        }

        /// What the file at `path` beneath the root looks like now: to compare with one opened before, since nothing
        /// keeps this call beneath the root.
        func information(at path: String) -> FileStatus? {
            var status = stat()
            return fstatat(directory.descriptor, path, &status, 0) == 0 ? FileStatus(status) : nil
        }

        /// Opens one component after the other, following no symbolic link at all.
        func walk(_ components: [String]) -> Int32 {
            var current = fcntl(directory.descriptor, F_DUPFD_CLOEXEC, 3)
            for (index, component) in components.enumerated() {
                guard current >= 0 else { return -1 }
                let flags =
                    index == components.count - 1
                    ? Self.readFlags | O_NOFOLLOW : DirectoryHandle.searchFlags | O_NOFOLLOW
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
