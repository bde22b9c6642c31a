import Foundation

/// The files of a directory tree that are in a scope, as a look at the directories finds them: for file systems that
/// tell of no changes.
struct FileScan: Sendable {
    /// What tells, without reading it, whether a file is the one it was.
    private struct Identity: Equatable {
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
        let inode: UInt64

        init(_ status: stat) {
            let time = status.st_mtim
            (size, inode) = (Int64(status.st_size), UInt64(status.st_ino))
            (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec)
        }

        /// Whether the file may be written again without looking any different, since that was done just before `now`.
        func isRacy(at now: timespec) -> Bool {
            let age = (now.tv_sec - seconds) &* 1_000_000_000 &+ (now.tv_nsec - nanoseconds)
            return age < (nanoseconds == 0 ? Self.coarseRaceWindow : Self.raceWindow)
        }

        /// File systems stamp times with a clock that stands still for so long.
        private static let raceWindow = 20_000_000
        /// Some have nothing finer than two seconds, which shows in times that are whole ones.
        private static let coarseRaceWindow = 2_500_000_000
    }

    private var files: [String: Identity] = [:]
    /// The files that have to be taken for changed at the next look.
    private var racyFiles: Set<String> = []
    /// False if there is no directory at the root.
    private(set) var hasRoot = true
    private let start: timespec

    /// A directory, however it was reached.
    private struct Place: Equatable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) { (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino)) }
    }

    init(root: String, scope: WatchScope) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        start = now
        var status = stat()
        guard stat(root, &status) == 0 else {
            hasRoot = false
            return
        }
        hasRoot = scan("", root: root, scope: scope, inside: [Place(status)])
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
            var status = stat()
            let isFile = stat(root + "/" + path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            files[path] = isFile ? Identity(status) : nil
            racyFiles.remove(path)
        }
    }

    /// - Parameter ancestors: the directory itself, and those that it is in: a link back to one of them leads nowhere.
    private mutating func scan(_ path: String, root: String, scope: WatchScope, inside ancestors: [Place]) -> Bool {
        guard let entries = DirectoryEntry.entries(ofDirectory: path.isEmpty ? root : root + "/" + path)
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
                let place = Place(status)
                if !ancestors.contains(place) { _ = scan(child, root: root, scope: scope, inside: ancestors + [place]) }
            case S_IFREG where isFile:
                let identity = Identity(status)
                files[child] = identity
                if identity.isRacy(at: start) { racyFiles.insert(child) }
            default: break
            }
        }
        return true
    }
}
