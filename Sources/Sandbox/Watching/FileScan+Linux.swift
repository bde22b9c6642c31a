import Content
import Glibc
import Hippofacts
import Platform

/// The files of a directory tree that are in a scope, as a look at the directories finds them: for file systems that
/// tell of no changes.
struct FileScan: Sendable {
    private var files: [RelativePath: FileIdentity] = [:]
    /// The files that have to be taken for changed at the next look.
    private var racyFiles: Set<RelativePath> = []
    /// False if there is no directory at the root.
    private(set) var hasRoot = true
    /// Nanoseconds since 1970.
    private let start: Int64

    /// - Parameter time: what tells when files are looked at.
    init(root: String, scope: WatchScope, time: any TimeSource = .system) {
        start = time.nanosecondsSince1970
        scan(root, scope)
    }

    /// The files that differ from those of an earlier scan.
    func changes(since earlier: FileScan) -> Set<RelativePath> {
        var changed = Set(earlier.files.keys.filter { files[$0] == nil })
        for (path, identity) in files where earlier.files[path] != identity || earlier.racyFiles.contains(path) {
            changed.insert(path)
        }
        return changed
    }

    /// Takes in files whose changes are known, so that the next look does not find them once more.
    mutating func update(_ paths: some Sequence<ChangedPath>, root: String) {
        for path in paths where !path.isDirectory {
            let status = LongPath.status("\(root)/\(path.path)")
            files[path.path] = status?.isRegular == true ? status?.identity : nil
            racyFiles.remove(path.path)
        }
    }

    /// A directory that is still to be looked at.
    private struct Pending {
        let path: RelativePath?
        /// The directories that it is in: a link back to one of them leads nowhere.
        let ancestors: [FileID]
        let isLinked: Bool
    }

    private mutating func scan(_ root: String, _ scope: WatchScope) {
        var pending = [Pending(path: nil, ancestors: [], isLinked: false)]
        var linkedCount = 0
        while let directory = pending.popLast() {
            let descriptor = LongPath.open(directory.path.map { "\(root)/\($0)" } ?? root, O_RDONLY | O_DIRECTORY)
            guard descriptor >= 0, let id = FileStatus(descriptor: descriptor)?.id,
                var stream = DirectoryStream(adopting: descriptor)
            else {
                if directory.path == nil { hasRoot = false }
                continue
            }
            guard !directory.ancestors.contains(id) else { continue }
            if directory.isLinked { linkedCount += 1 }
            guard linkedCount <= WatchTree.linkedDirectoryLimit else { return }
            while let entry = try? stream.next() {
                guard let name = String(validating: entry.name, as: UTF8.self),
                    let child = RelativePath(name, in: directory.path)
                else { continue }
                let isFile = entry.kind != .directory && scope.contains(child)
                let isReached = entry.kind != .regular && scope.reaches(below: child)
                guard isFile || isReached else { continue }
                guard let status = LongPath.status(entry.name, in: stream.descriptor, followsLinks: true) else {
                    continue
                }
                switch status.kind {
                case .directory where isReached:
                    let isLinked = directory.isLinked || entry.kind == .symbolicLink
                    pending.append(Pending(path: child, ancestors: directory.ancestors + [id], isLinked: isLinked))
                case .regular where isFile:
                    if status.size == 0 && EditorFiles.mayBeProbe(child) { continue }
                    files[child] = status.identity
                    if status.isRacy(at: start) { racyFiles.insert(child) }
                default: break
                }
            }
        }
    }
}
