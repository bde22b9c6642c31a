import Synchronization

/// Files served before, still open, by the paths of their requests. Whether a file is still the one that stands at its
/// path is for the user to find out.
final class FileCache: Sendable {
    /// A descriptor each.
    private static let capacity = 128
    private let files = Mutex<[String: FileRepresentation]>([:])

    func file(at path: String) -> FileRepresentation? {
        files.withLock { $0[path] }
    }

    /// Adds a file. A cache that is full begins anew: what is asked for often is soon there again.
    func insert(_ file: FileRepresentation, at path: String) {
        files.withLock { files in
            if files.count >= Self.capacity { files.removeAll(keepingCapacity: true) }
            files[path] = file
        }
    }
}
