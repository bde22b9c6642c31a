import CLinux
import Platform

/// A copy of a directory's files, which share their blocks with the originals where the file system can do that.
///
/// Links, and whatever else is neither a file nor a directory, are left out: a copy must not lead out of itself.
enum DirectoryCopy {
    /// Why there is none.
    enum Failure: Error, CustomStringConvertible {
        case tooLarge(path: String, files: Int, bytes: Int64)
        case system(SystemError)

        var description: String {
            switch self {
            case .tooLarge(let path, let files, let bytes):
                "\(path) has more than \(files) files, or more than \(bytes >> 20) MiB that its file system cannot share: "
                    + "it is not copied"
            case .system(let error): "\(error)"
            }
        }
    }

    /// What is copied at most. Bytes of files that share their blocks do not count.
    struct Limits {
        var files = 100_000
        var bytes: Int64 = 1 << 30
    }

    /// Copies what is below a directory into another one, which is there and empty.
    static func make(of source: String, at target: String, limits: Limits = Limits()) throws(Failure) {
        var copy = Copy(source: source, target: target, limits: limits)
        do { try DataWalk(source).forEach { try copy.take($0) } } catch let failure as Failure {
            throw failure
        } catch let error as SystemError {
            throw .system(error)
        } catch {
            throw .system(SystemError(operation: "copy \(source): \(error)", code: EIO))
        }
    }

    private struct Copy {
        let source: String
        let target: String
        let limits: Limits
        var files = 0
        var bytes: Int64 = 0

        mutating func take(_ entry: DataWalk.Entry) throws {
            files += 1
            guard files <= limits.files else { throw tooLarge }
            switch entry.kind {
            case .directory: try Directories.make("\(target)/\(entry.path)", permissions: 0o700)
            case .file: try copyFile(entry.path)
            case .other: break
            }
        }

        private var tooLarge: Failure { .tooLarge(path: source, files: limits.files, bytes: limits.bytes) }

        private mutating func copyFile(_ path: String) throws {
            let input = open("\(source)/\(path)", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard input >= 0 else {
                // It may have gone meanwhile, or become something else.
                if errno == ENOENT || errno == ELOOP { return }
                throw SystemError.last("read", path: "\(source)/\(path)")
            }
            defer { close(input) }
            let output = open("\(target)/\(path)", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard output >= 0 else { throw SystemError.last("write", path: "\(target)/\(path)") }
            defer { close(output) }
            if ioctl(output, UInt(FICLONE), input) == 0 { return }
            while true {
                let count = copy_file_range(input, nil, output, nil, 16 << 20, 0)
                if count == 0 { return }
                guard count > 0 else {
                    if errno == EINTR { continue }
                    throw SystemError.last("copy", path: "\(source)/\(path)")
                }
                bytes += Int64(count)
                guard bytes <= limits.bytes else { throw tooLarge }
            }
        }
    }
}
