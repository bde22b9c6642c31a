import Synchronization

/// Whether a project has had a HIPPOFACTS, or is a lone module: then it stays one that is described by a file, whatever comes
/// of that file. A directory of pages may still become a project with HIPPOFACTS, and does not become one of pages again.
final class DescribedProject: Sendable {
    private let found = Mutex<String?>(nil)

    /// What described the project when it was looked for last; `nil` as long as nothing has. Absolute.
    var file: String? { found.withLock { $0 } }

    func note(_ file: String) {
        found.withLock { $0 = file }
    }
}
