import Cryptography
import Foundation

/// Looks at the files that a build command may read.
///
/// See Builds.md in Sandbox.docc.
struct BuildInputFiles {
    /// The project's.
    let directory: String

    /// Files up to this size are read when they are listed, as long as all of them are no more than `listedBytes`.
    private static let longestListedFile = 64 << 10
    private static let listedBytes = 8 << 20

    /// What the state asks for.
    var lookups: BuildFiles {
        BuildFiles(digest: { digest(of: $0) }, names: { names(in: $0) })
    }

    private func digest(of path: String) -> SHA256Digest? {
        (try? SHA256.hash(fileAt: directory + "/" + path))?.digest
    }

    private func names(in scope: WatchScope) -> [String: SHA256Digest?] {
        var inputs = WatchScope()
        inputs.buildInputs = scope.buildInputs
        inputs.ownPrefixes = scope.ownPrefixes
        if scope.ignoresCase { inputs = inputs.ignoringCase() }
        var names: [String: SHA256Digest?] = [:]
        var remaining = Self.listedBytes
        collect("", inputs, &names, &remaining, depth: 0)
        return names
    }

    private func collect(
        _ path: String, _ scope: WatchScope, _ names: inout [String: SHA256Digest?], _ remaining: inout Int, depth: Int
    ) {
        // Links that lead back have no end.
        guard depth < 64 else { return }
        for entry in DirectoryEntry.entries(ofDirectory: path.isEmpty ? directory : directory + "/" + path) ?? [] {
            let child = path.isEmpty ? entry.name : path + "/" + entry.name
            let components = child.split(separator: "/")
            if entry.type == Int(DT_DIR) {
                if scope.reaches(below: components) { collect(child, scope, &names, &remaining, depth: depth + 1) }
            } else if scope.contains(components) {
                var status = stat()
                guard stat(directory + "/" + child, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                let size = Int(status.st_size)
                let isRead = size <= Self.longestListedFile && size <= remaining
                if isRead { remaining -= size }
                names[child] = .some(isRead ? digest(of: child) : nil)
            }
        }
    }
}
