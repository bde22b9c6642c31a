import Cryptography
import Glibc
import Platform

/// The contents of a store, and of the project's own files where the store has them no more.
///
/// A file of the project is used only after its bytes were found to have the digest that is wanted.
package struct ProjectBackedContent: ContentSource {
    private let store: any ContentSource
    private let directory: String?

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
        let open = OpenContent(adopting: descriptor, size: file.size)
        guard let status = FileStatus(descriptor: descriptor), status.isRegular, status.size == Int64(file.size),
            (try? open.digest(named: name)) == file.digest
        else { return nil }
        // The project's file may be written to while it is open: a copy cannot.
        guard file.size <= Self.copiedSize, let bytes = try? open.bytes(limit: Self.copiedSize, named: name) else {
            return open
        }
        return OpenContent(bytes)
    }

    private static let copiedSize = 1 << 20
}
