import Platform

/// The files of a directory tree that are in a scope, as a look at the directories finds them: for file systems that
/// tell of no changes.
struct FileScan: Sendable {
    private var files: [String: FileIdentity] = [:]
    /// The files that have to be taken for changed at the next look.
    private var racyFiles: Set<String> = []
    /// False if there is no directory at the root.
    private(set) var hasRoot = true
    /// Nanoseconds since 1970.
    private let start: Int64

    /// - Parameter time: what tells when files are looked at.
    init(root: String, scope: WatchScope, time: some TimeSource = .system) {
        start = time.nanosecondsSince1970
        guard let status = FileStatus(path: root) else {
            hasRoot = false
            return
        }
        hasRoot = scan("", root: root, scope: scope, inside: [status.id])
    }

    /// The files that differ from those of an earlier scan.
    func changes(since earlier: FileScan) -> Set<String> {
        var changed = Set(earlier.files.keys.filter { files[$0] == nil })
        for (path, identity) in files where earlier.files[path] != identity || earlier.racyFiles.contains(path) {
            changed.insert(path)
        }
        return changed
    }

    /// Takes in files whose changes are known, so that the next look does not find them once more.
    mutating func update(_ paths: some Sequence<String>, root: String) {
        for path in paths {
            let status = FileStatus(path: root + "/" + path)
            files[path] = status?.isRegular == true ? status?.identity : nil
            racyFiles.remove(path)
        }
    }

    /// - Parameter ancestors: the directory itself, and those that it is in: a link back to one of them leads nowhere.
    private mutating func scan(_ path: String, root: String, scope: WatchScope, inside ancestors: [FileID]) -> Bool {
        guard let entries = DirectoryEntry.entries(ofDirectory: path.isEmpty ? root : root + "/" + path)
        else { return false }
        for entry in entries {
            let child = path.isEmpty ? entry.name : path + "/" + entry.name
            let components = child.split(separator: "/")
            let (isFile, isDirectory) = (scope.contains(components), scope.reaches(below: components))
            guard isFile || isDirectory else { continue }
            guard let status = FileStatus(path: root + "/" + child) else { continue }
            switch status.kind {
            case .directory where isDirectory:
                if !ancestors.contains(status.id) {
                    _ = scan(child, root: root, scope: scope, inside: ancestors + [status.id])
                }
            case .regular where isFile:
                files[child] = status.identity
                if status.isRacy(at: start) { racyFiles.insert(child) }
            default: break
            }
        }
        return true
    }
}
