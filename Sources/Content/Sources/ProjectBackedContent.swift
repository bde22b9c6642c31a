import Cryptography
import Glibc
import Platform
import Synchronization

/// The contents of a store, and of the project's own files where the store has them no more.
///
/// A file of the project is used only after its bytes were found to have the digest that is wanted. It is hashed again only
/// when its identity differs from what it was then.
package final class ProjectBackedContent: ContentSource {
    private let store: any ContentSource
    private let directory: String?
    /// Files of the project that were found to have a digest, as they were then.
    private let verified = Mutex<[SHA256Digest: FileIdentity]>([:])

    /// - Parameter directory: that in which the project has its files under their names, absolute; `nil` if there is none.
    package init(_ store: any ContentSource, project directory: String?) {
        self.store = store
        self.directory = directory
    }

    package func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        do throws(ContentError) {
            let content = try store.open(file, named: name)
            // Files are known by their identities. What comes as bytes may be of a damaged page of the store.
            if case .bytes(let bytes) = content.storage, SHA256.hash(bytes) != file.digest {
                throw .damaged(name: name)
            }
            return content
        } catch {
            guard let open = openOfProject(file, name) else { throw error }
            return open
        }
    }

    private func openOfProject(_ file: ContentFile, _ name: String) -> OpenContent? {
        guard let directory, RelativePath(validating: name) != nil else { return nil }
        // A name that has become a FIFO must not make this wait.
        let descriptor = Glibc.open("\(directory)/\(name)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        let open = OpenContent(adopting: descriptor, of: file, owner: .people)
        // The project's file may be written to while it is open: a copy cannot.
        if file.size <= Self.copiedSize {
            guard let status = FileStatus(descriptor: descriptor), status.isRegular, status.size == Int64(file.size),
                let bytes = try? open.bytes(limit: Self.copiedSize, named: name), SHA256.hash(bytes) == file.digest
            else { return nil }
            return OpenContent(bytes)
        }
        let known = verified.withLock { $0[file.digest] }
        do throws(ContentError) {
            if let identity = try open.verify(known: known, named: name), identity != known {
                verified.withLock { verified in
                    if verified.count >= Self.verifiedLimit { verified = [:] }
                    verified[file.digest] = identity
                }
            }
        } catch {
            return nil
        }
        return open
    }

    /// Files of at most this many bytes are copied, and hashed each time: that costs less than a millisecond.
    private static let copiedSize = 1 << 20
    /// So many files are remembered.
    private static let verifiedLimit = 10_000
}
