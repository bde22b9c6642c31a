package import Cryptography
import Platform
import Synchronization

/// Which modules and components this very build of the program has found to be valid before, by their digests.
///
/// Validating the function bodies of a component of 18 MB takes a tenth of a second of two cores, its digest a hundredth.
/// The record is a file in the user's cache directory, and nothing but digests is taken from it: what is loaded is always
/// decoded, and its digest computed, from the bytes that are in memory then. It is believed only if nobody but the user can
/// have written it.
///
/// Sendable, and shared by all threads. Several processes may have the same file: what one of them writes, others may
/// write over, so that a binary is validated once more.
package final class ValidationRecord: Sendable {
    /// Smaller binaries are validated faster than a file is read.
    package static let leastByteCount = 1 << 20

    /// How many digests are kept. With one more, the record is begun anew.
    package static let capacity = 256

    private static let linesByteCount = capacity * 65
    /// Records of other builds that have not been written to for so long are removed: 30 days, in nanoseconds.
    private static let keptNanoseconds: Int64 = 30 * 86400 * 1_000_000_000

    private let directory: String
    private let path: String
    private let digests: Mutex<Set<SHA256Digest>>

    /// Reads the record of this build.
    ///
    /// - Parameters:
    ///   - directory: where records are kept, which is made when one is written.
    ///   - build: what tells this build from all others.
    package init(in directory: String = ValidationRecord.userDirectory, build: String) {
        self.directory = directory
        path = "\(directory)/validated-\(build)"
        digests = Mutex(ValidationRecord.read(path))
    }

    /// The record of the program that runs, or `nil` if what it is cannot be told.
    package convenience init?() {
        guard let build = ValidationRecord.runningBuild else { return nil }
        self.init(build: build)
    }

    /// Whether the bytes with this digest have been validated.
    package func contains(_ digest: SHA256Digest) -> Bool {
        digests.withLock { $0.contains(digest) }
    }

    /// Notes that the bytes with this digest are valid. If that cannot be written, they are validated again next time.
    package func add(_ digest: SHA256Digest) {
        digests.withLock { digests in
            guard digests.insert(digest).inserted else { return }
            var all = ValidationRecord.read(path)
            if all.count >= ValidationRecord.capacity { all = [] }
            all.insert(digest)
            let text = all.map { "\($0)\n" }.sorted().joined()
            do {
                try Directories.make(directory, permissions: 0o700)
                try FileWriter.write(text, to: path, permissions: 0o600, atomically: true)
            } catch {
                return
            }
            removeOldRecords()
        }
    }

    /// The digests in a file, line by line; none if anybody but the user can have written it, or it is not as it should be.
    private static func read(_ path: String) -> Set<SHA256Digest> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        guard let status = FileStatus(descriptor: descriptor), status.isRegular, isOwn(status),
            let directory = FileStatus(path: FilePath.parent(path)), isOwn(directory),
            let bytes = try? FileReader.bytes(of: descriptor, path: path, limit: linesByteCount)
        else { return [] }
        return Set(
            bytes.split(separator: UInt8(ascii: "\n"))
                .compactMap { SHA256Digest(hex: String(decoding: $0, as: UTF8.self)) })
    }

    private static func isOwn(_ status: FileStatus) -> Bool {
        status.owner == geteuid() && status.permissions & 0o022 == 0
    }

    private func removeOldRecords() {
        guard let own = FileStatus(path: path)?.identity.modificationTime,
            let names = try? Directories.names(in: directory)
        else { return }
        for name in names where name.hasPrefix("validated-") {
            let other = "\(directory)/\(name)"
            guard let time = FileStatus(linkAt: other)?.identity.modificationTime,
                time < own - ValidationRecord.keptNanoseconds
            else { continue }
            unlink(other)
        }
    }

    /// `hippo-dev` in the user's cache directory (XDG Base Directory Specification).
    package static var userDirectory: String { UserFile.validations.path() }

    /// The running program's file: a build that comes later is another file, or has another time.
    private static var runningBuild: String? {
        guard let identity = FileStatus(path: "/proc/self/exe")?.identity else { return nil }
        return "\(identity.id.device)-\(identity.id.inode)-\(identity.size)-\(identity.changeTime)"
    }
}
