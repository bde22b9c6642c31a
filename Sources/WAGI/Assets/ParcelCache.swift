import Bindle
import Content
import Cryptography
import Foundation
import Platform
import Synchronization

/// The parcels of one bindle in a directory that processes may share, fetched from where the bindle is when they are not
/// there, or are not what their names say.
final class ParcelCache: ContentSource {
    /// Fetches a parcel whose digest and size are those of a file, and writes it to the directory.
    typealias Fetch = @Sendable (_ file: ContentFile, _ name: String) throws(LoadError) -> Void

    let directory: ParcelDirectory
    private let fetch: Fetch
    /// The files that were found to be what they are called, as they were then.
    private let verified = Mutex<[SHA256Digest: FileIdentity]>([:])

    init(_ directory: ParcelDirectory, fetch: @escaping Fetch) {
        self.directory = directory
        self.fetch = fetch
    }

    func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        if let open = try openVerified(file, name) { return open }
        do { try fetch(file, name) } catch {
            throw .gone(name: name)
        }
        guard let open = try openVerified(file, name) else { throw .damaged(name: name) }
        return open
    }

    /// nil unless the file is there, and what its name says.
    private func openVerified(_ file: ContentFile, _ name: String) throws(ContentError) -> OpenContent? {
        let descriptor = Foundation.open("\(directory.path)/\(file.digest.hex)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unreadable(name: name, code: errno)
        }
        let open = OpenContent(adopting: descriptor, size: file.size)
        guard let identity = FileStatus(descriptor: descriptor)?.identity, identity.size == Int64(file.size) else {
            return nil
        }
        if verified.withLock({ $0[file.digest] }) == identity { return open }
        guard try open.digest(named: name) == file.digest else { return nil }
        verified.withLock { $0[file.digest] = identity }
        return open
    }
}
