import Bindle
import Content
import Cryptography
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
        let descriptor = Platform.open("\(directory.path)/\(file.digest.hex)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unreadable(name: name, code: errno)
        }
        let open = OpenContent(adopting: descriptor, of: file)
        let known = verified.withLock { $0[file.digest] }
        do throws(ContentError) {
            if let identity = try open.verify(known: known, named: name), identity != known {
                verified.withLock { $0[file.digest] = identity }
            }
        } catch {
            if case .damaged = error { return nil }
            throw error
        }
        return open
    }
}
