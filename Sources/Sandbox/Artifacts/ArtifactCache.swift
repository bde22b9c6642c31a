import Archive
import Cryptography
import Export
import HTTP
import Platform
import Synchronization

/// Archives that were asked for lately, in files without a name: each request of one is answered without packing it again,
/// and its checksum is known before its first byte is sent.
final class ArtifactCache: Sendable {
    /// What an archive is of.
    enum Key: Hashable {
        /// - Parameter invoice: the digest of the whole invoice.
        case app(invoice: SHA256Digest, part: Int)
        case program
    }

    struct Entry: Sendable {
        let digest: SHA256Digest
        let file: OpenFile
    }

    private static let limit = 8

    /// The archives, that which was asked for last at the end.
    private let entries = Mutex<[(key: Key, entry: Entry)]>([])
    private let directory: String

    /// - Parameter directory: Where there is room for the archives.
    init(in directory: String = FilePath.temporaryDirectory) {
        self.directory = directory
    }

    /// The archive of a key, which is packed if it is not at hand. Others wait for that: three downloads that begin at the
    /// same time pack it once.
    ///
    /// - Parameter pack: Writes the archive.
    func entry(_ key: Key, _ pack: (@escaping ByteSink) throws -> Void) throws -> Entry {
        try entries.withLock { entries in
            if let index = entries.firstIndex(where: { $0.key == key }) {
                let known = entries.remove(at: index)
                entries.append(known)
                return known.entry
            }
            let entry = try packed(pack)
            if entries.count >= Self.limit { entries.removeFirst() }
            entries.append((key, entry))
            return entry
        }
    }

    private func packed(_ pack: (@escaping ByteSink) throws -> Void) throws -> Entry {
        let path = "\(directory)/.hippo-dev-\(getpid())-\(UInt32.random(in: 0...(.max))).tar.gz"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError.last("write", path: path) }
        unlink(path)
        var hash = SHA256()
        do {
            try pack { bytes in
                hash.update(bytes)
                try FileWriter.write(bytes, to: descriptor, path: path)
            }
        } catch {
            close(descriptor)
            throw error
        }
        return Entry(digest: hash.finalize(), file: try OpenFile(adopting: descriptor))
    }
}
