import Foundation

/// The files of a directory tree that are in a scope, as a look at the directories finds them: for file systems that tell
/// of no changes.
struct FileScan: Sendable {
    /// What tells, without reading it, whether a file is the one it was.
    private struct Identity: Equatable {
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
        let inode: UInt64
    }

    private var files: [String: Identity] = [:]
    /// False if there is no directory at the root.
    private(set) var hasRoot = true
    /// How deep symbolic links and directories may nest before they are taken for a cycle.
    private static let maximumDepth = 64
    /// File systems stamp times with a clock that stands still for so long: a file that has just been written may be
    /// written again without looking any different.
    private static let raceWindow = 20_000_000
    private let start: timespec

    init(root: String, scope: WatchScope) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        start = now
        hasRoot = scan("", root: root, scope: scope, depth: 0)
    }

    /// The files that differ from those of an earlier scan.
    func changes(since earlier: FileScan) -> Set<String> {
        var changed = Set(earlier.files.keys.filter { files[$0] == nil })
        for (path, identity) in files where earlier.files[path] != identity || earlier.files[path]?.nanoseconds == -1 {
            changed.insert(path)
        }
        return changed
    }

    private mutating func scan(_ path: String, root: String, scope: WatchScope, depth: Int) -> Bool {
        guard depth < Self.maximumDepth,
            let entries = DirectoryEntry.entries(ofDirectory: path.isEmpty ? root : root + "/" + path)
        else { return false }
        for entry in entries {
            let child = path.isEmpty ? entry.name : path + "/" + entry.name
            let components = child.split(separator: "/")
            let (isFile, isDirectory) = (scope.contains(components), scope.reaches(below: components))
            guard isFile || isDirectory else { continue }
            var status = stat()
            guard stat(root + "/" + child, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR where isDirectory:
                _ = scan(child, root: root, scope: scope, depth: depth + 1)
            case S_IFREG where isFile:
                let time = status.st_mtim
                let age = (start.tv_sec - time.tv_sec) &* 1_000_000_000 &+ (start.tv_nsec - time.tv_nsec)
                files[child] = Identity(
                    size: Int64(status.st_size), seconds: time.tv_sec,
                    // No file has such a time: the next look finds a difference.
                    nanoseconds: age < Self.raceWindow ? -1 : time.tv_nsec, inode: UInt64(status.st_ino))
            default: break
            }
        }
        return true
    }
}
