import Archive
import Content
import ControlPage
import HTTP
import Platform

/// Files on their way into the store, in a directory of their own, which goes with its last reference.
final class FeedDirectory: Sendable {
    let path: String
    private static let prefix = ".feeding-"

    /// - Parameter parent: Where it is made.
    init(in parent: String) throws(ControlFailure) {
        path = "\(parent)/\(Self.prefix)\(getpid())-\(UInt32.random(in: 0...(.max)))"
        guard mkdir(path, 0o700) == 0 else { throw Self.failure(errno) }
    }

    deinit {
        try? Directories.removeTree(path)
    }

    /// Removes what processes have left that were killed.
    static func removeRemains(in parent: String) {
        guard let names = try? Directories.names(in: parent) else { return }
        for name in names where name.hasPrefix(prefix) {
            let process = name.dropFirst(prefix.count).prefix { $0 != "-" }
            guard let process = pid_t(process), process != getpid(), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            try? Directories.removeTree("\(parent)/\(name)")
        }
    }

    /// What cannot be written is, mostly, for want of room.
    private static func failure(_ code: Int32) -> ControlFailure {
        switch code {
        case ENOSPC, EDQUOT, EFBIG:
            ControlFailure(Status(507), "the disk is full: what was to be taken in cannot be kept. Nothing was changed")
        case ENAMETOOLONG, EISDIR, ENOTDIR, EEXIST, EINVAL, EILSEQ:
            ControlFailure(.unprocessableContent, "the archive cannot be unpacked: \(SystemError.reason(code))")
        default:
            ControlFailure(.internalServerError, "what was to be taken in cannot be kept: \(SystemError.reason(code))")
        }
    }

    // MARK: - Files

    /// Makes an empty file, and the directories above it. Whoever calls it closes what it returns.
    func makeFile(at path: String) throws(ControlFailure) -> Int32 {
        let target = "\(self.path)/\(path)"
        func open() -> Int32 { Glibc.open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600) }
        var descriptor = open()
        if descriptor < 0, errno == ENOENT {
            do { try Directories.make(FilePath.parent(target), permissions: 0o700) } catch {
                throw Self.failure(error.code)
            }
            descriptor = open()
        }
        guard descriptor >= 0 else { throw Self.failure(errno) }
        return descriptor
    }

    /// Writes to a file that `makeFile` has made.
    static func write(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws(ControlFailure) {
        do { try FileWriter.write(bytes, to: file, path: "") } catch { throw failure(error.code) }
    }

    // MARK: - Archives

    /// How much a body may unpack to, in bytes, and of how many entries.
    static let sizeLimit: Int64 = 1 << 30
    static let entryLimit = 100_000

    /// What was unpacked.
    struct Unpacked {
        var files: [RelativePath] = []
        /// Files that are not taken in, whatever HIPPOFACTS says.
        var ignored: [String] = []
    }

    /// Unpacks a tar archive.
    /// - Parameter isIgnored: Whether a file is not unpacked, by the components of its path.
    func unpack(
        _ body: RequestBody, unless isIgnored: (_ components: [Substring]) -> Bool
    ) throws(ControlFailure) -> Unpacked {
        do {
            return try unpackEntries(body, unless: isIgnored)
        } catch let error as ControlFailure {
            throw error
        } catch ArchiveError.tooLarge(let limit) {
            throw ControlFailure(.contentTooLarge, "the archive has more than \(limit) bytes")
        } catch let error as ArchiveError {
            throw ControlFailure(.unprocessableContent, "\(error)")
        } catch RequestBodyError.tooLarge(let limit) {
            throw ControlFailure(.contentTooLarge, "the body has more than \(limit) bytes")
        } catch {
            throw ControlFailure(.badRequest, "the body cannot be read: \(error)")
        }
    }

    private func unpackEntries(
        _ body: RequestBody, unless isIgnored: (_ components: [Substring]) -> Bool
    ) throws -> Unpacked {
        let tar = TarReader(
            limits: UnpackingLimits(maximumSize: Self.sizeLimit, maximumRatio: nil), maximumEntries: Self.entryLimit
        ) { try body.read(into: $0) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var unpacked = Unpacked()
        while let entry = try tar.next() {
            guard entry.kind == .file else { continue }
            guard let path = RelativePath(validating: entry.path) else {
                throw ArchiveError.refused(path: entry.path, problem: "it cannot be the path of a file")
            }
            if isIgnored(path.components) {
                unpacked.ignored.append(path.string)
                continue
            }
            let file = try makeFile(at: path.string)
            defer { close(file) }
            while case let count = try tar.read(into: buffer), count > 0 {
                try Self.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: file)
            }
            unpacked.files.append(path)
        }
        return unpacked
    }
}
