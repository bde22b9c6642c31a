import Platform

/// The file by which git says that it is exchanging files of a work tree: `index.lock` in the repository's directory.
///
/// A checkout of thousands of files takes long enough for many builds, and what they would build is half one commit and
/// half another.
///
/// See Builds.md in Sandbox.docc.
struct RepositoryLock: Hashable, Sendable {
    let path: String
    /// Tells one lock from the next of the same name.
    let identity: FileIdentity

    /// The lock that is at a path; `nil` if there is none now. One system call.
    static func find(at path: String) -> RepositoryLock? {
        FileStatus(linkAt: path).map { RepositoryLock(path: path, identity: $0.identity) }
    }

    // MARK: Where it is

    /// Where git puts the lock of the repository that a directory belongs to; `nil` if it belongs to none.
    ///
    /// - Parameter directory: absolute. The repository may begin in it or anywhere above.
    static func path(around directory: String) -> String? {
        repository(around: resolvedPath(directory) ?? directory).map { $0 + "/index.lock" }
    }

    private static func repository(around directory: String) -> String? {
        var current = directory
        while true {
            let place = (current == "/" ? "" : current) + "/.git"
            if let status = FileStatus(path: place) {
                if status.isDirectory { return place }
                if let named = repository(namedBy: place, in: current) { return named }
            }
            guard current != "/" else { return nil }
            current = FilePath.parent(current)
        }
    }

    /// Where the repository is of a further work tree, or of a submodule: there, `.git` is a file that says so
    /// (gitrepository-layout(5)).
    private static func repository(namedBy file: String, in directory: String) -> String? {
        let key = "gitdir: "
        guard let text = try? FileReader.text(of: file, limit: 1 << 16), text.hasPrefix(key) else { return nil }
        let path = String(text.dropFirst(key.count).prefix { !$0.isNewline })
        return LinkTarget.plain(path.utf8.first == UInt8(ascii: "/") ? path : "\(directory)/\(path)")
    }
}
