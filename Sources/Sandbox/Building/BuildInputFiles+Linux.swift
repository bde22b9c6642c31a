import Content
import Cryptography
import Platform

/// Looks at the files that a build command may read.
///
/// See Builds.md in Sandbox.docc.
struct BuildInputFiles {
    /// The project's.
    let directory: String
    /// Where git would put its lock; `nil` if the project is in no repository.
    var lockPath: String?

    /// Files up to this size are read when they are listed, as long as all of them are no more than `listedBytes`.
    private static let longestListedFile = 64 << 10
    private static let listedBytes = 8 << 20

    /// What the state asks for.
    var lookups: BuildFiles {
        BuildFiles(
            digest: { digest(of: $0) }, names: { names(in: $0) },
            repositoryLock: { lockPath.flatMap(RepositoryLock.find) })
    }

    private func digest(of path: RelativePath) -> SHA256Digest? {
        (try? SHA256.hash(fileAt: "\(directory)/\(path)"))?.digest
    }

    private func names(in scope: WatchScope) -> [RelativePath: SHA256Digest?] {
        var inputs = WatchScope()
        inputs.buildInputs = scope.buildInputs
        inputs.ownPrefixes = scope.ownPrefixes
        if scope.ignoresCase { inputs = inputs.ignoringCase() }
        var names: [RelativePath: SHA256Digest?] = [:]
        var remaining = Self.listedBytes
        var directories: [RelativePath?] = [nil]
        while let directory = directories.popLast() {
            collect(directory, inputs, &directories, &names, &remaining)
        }
        return names
    }

    /// Lists one directory. Symbolic links to others are not followed.
    private func collect(
        _ path: RelativePath?, _ scope: WatchScope, _ directories: inout [RelativePath?],
        _ names: inout [RelativePath: SHA256Digest?], _ remaining: inout Int
    ) {
        for entry in DirectoryEntry.entries(ofDirectory: path.map { "\(directory)/\($0)" } ?? directory) ?? [] {
            guard let child = RelativePath(entry.name, in: path) else { continue }
            if entry.type == Int(DT_DIR) {
                if scope.reaches(below: child) { directories.append(child) }
            } else if scope.contains(child) {
                guard let status = LongPath.status("\(directory)/\(child)"), status.isRegular else { continue }
                let isRead = status.size <= Int64(Self.longestListedFile) && status.size <= Int64(remaining)
                if isRead { remaining -= Int(status.size) }
                names[child] = .some(isRead ? digest(of: child) : nil)
            }
        }
    }
}
