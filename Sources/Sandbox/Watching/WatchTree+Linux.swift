import Foundation

/// The watched directories of a tree, and what their events mean.
struct WatchTree: Sendable {
    /// Nil if nothing is to be watched.
    private let inotify: Int32?
    private let root: String
    private let onProblem: @Sendable (String) -> Void
    /// The directories that a watch stands for, relative to the root: several where symbolic links lead to one.
    private var directories: [Int32: Set<String>] = [:]
    private var descriptors: [String: Int32] = [:]
    private var hasReportedProblem = false
    /// True while there is no directory at the root.
    private(set) var isRootAway = false
    /// Until then, the root may be found to have been removed without an event of its own: the system tells of the end
    /// of a directory only when nothing holds on to it any more, such as a removed file in it that is still open.
    private var rootDoubtEnd: ContinuousClock.Instant?
    /// Which directory it is that is watched as the root.
    private var rootIdentity: DirectoryIdentity?
    /// So long after an entry of the root has been removed, the root may be about to be removed too.
    private static let rootDoubt = Duration.seconds(2)
    /// True if there were directories that could not be watched.
    private(set) var isIncomplete = false

    private static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF
            | IN_MOVE_SELF | IN_ONLYDIR)
    /// How deep symbolic links and directories may nest before they are taken for a cycle.
    private static let maximumDepth = 64

    init(inotify: Int32?, root: String, onProblem: @escaping @Sendable (String) -> Void) {
        self.inotify = inotify
        self.root = root
        self.onProblem = onProblem
    }

    /// Watches exactly the directories that the scope reaches into. False if there is no root.
    mutating func rebuild(_ scope: WatchScope) -> Bool {
        guard let inotify else { return true }
        isIncomplete = false
        let before = directories
        directories = [:]
        descriptors = [:]
        var ignored: Set<String> = []
        rootIdentity = DirectoryIdentity(root)
        rootDoubtEnd = nil
        isRootAway = !watch("", scope, changed: &ignored)
        for descriptor in before.keys where directories[descriptor] == nil {
            inotify_rm_watch(inotify, descriptor)
        }
        return !isRootAway
    }

    /// Whether the root has to be looked at again soon.
    var isRootDoubtful: Bool { rootDoubtEnd != nil && !isRootAway }

    /// Looks whether the root is still the directory that is watched.
    mutating func checkRoot() {
        guard let end = rootDoubtEnd else { return }
        if end <= .now { rootDoubtEnd = nil }
        if DirectoryIdentity(root) != rootIdentity { isRootAway = true }
    }

    /// Does what an event asks for, and adds what has changed to one of the sets.
    mutating func handle(
        _ event: WatchEvent, scope: WatchScope, changed: inout Set<String>, openFiles: inout Set<String>
    ) {
        guard let parents = directories[event.descriptor] else { return }
        if parents.contains(""), event.mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0 {
            rootDoubtEnd = .now + Self.rootDoubt
        }
        if event.name.isEmpty {
            if event.mask & UInt32(IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT) != 0 {
                if parents.contains("") {
                    isRootAway = true
                } else if event.mask & UInt32(IN_IGNORED) != 0 {
                    for parent in parents { descriptors[parent] = nil }
                    directories[event.descriptor] = nil
                }
            }
            return
        }
        for parent in parents {
            let path = parent.isEmpty ? event.name : parent + "/" + event.name
            let components = path.split(separator: "/")
            if event.isDirectory {
                handleDirectory(event, path, components, scope, &changed)
            } else if scope.contains(components) {
                handleFile(event, path, &changed, &openFiles)
            } else if event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0, scope.reaches(below: components) {
                // A symbolic link to a directory, perhaps.
                if watch(path, scope, changed: &changed) { changed.insert(path + "/") }
            } else if event.mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0, descriptors[path] != nil {
                forget(path)
                changed.insert(path + "/")
            }
        }
    }

    private mutating func handleDirectory(
        _ event: WatchEvent, _ path: String, _ components: [Substring], _ scope: WatchScope,
        _ changed: inout Set<String>
    ) {
        guard scope.reaches(below: components) else { return }
        if event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 {
            let countBefore = changed.count
            _ = watch(path, scope, changed: &changed)
            // An empty directory changes nothing, unless it takes the place of another one.
            if event.mask & UInt32(IN_MOVED_TO) != 0 || changed.count > countBefore { changed.insert(path + "/") }
        } else if event.mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0 {
            forget(path)
            changed.insert(path + "/")
        }
    }

    private func handleFile(
        _ event: WatchEvent, _ path: String, _ changed: inout Set<String>, _ openFiles: inout Set<String>
    ) {
        if event.mask & UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB) != 0 {
            changed.insert(path)
        } else if event.mask & UInt32(IN_MODIFY) != 0 {
            openFiles.insert(path)
        } else if event.mask & UInt32(IN_CREATE) != 0 {
            // A new file is closed soon; a link never is.
            var status = stat()
            let isNewFile =
                lstat(root + "/" + path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 1
            if isNewFile { openFiles.insert(path) } else { changed.insert(path) }
        }
    }

    /// Watches a directory and those below it that the scope reaches into; adds files that are there already to
    /// `changed`. False if it is no directory.
    private mutating func watch(_ path: String, _ scope: WatchScope, changed: inout Set<String>) -> Bool {
        guard let inotify else { return false }
        let fullPath = path.isEmpty ? root : root + "/" + path
        let descriptor = inotify_add_watch(inotify, fullPath, Self.mask)
        guard descriptor >= 0 else {
            let code = errno
            if code != ENOENT && code != ENOTDIR { reportProblem(fullPath, code) }
            return false
        }
        directories[descriptor, default: []].insert(path)
        descriptors[path] = descriptor
        // Only after the watch is set, so that nothing comes between the two unseen.
        for entry in DirectoryEntry.entries(ofDirectory: fullPath) ?? [] {
            let child = path.isEmpty ? entry.name : path + "/" + entry.name
            let components = child.split(separator: "/")
            let type = entry.type
            if type == Int(DT_DIR) || type == Int(DT_UNKNOWN) || type == Int(DT_LNK) {
                if components.count < Self.maximumDepth, scope.reaches(below: components),
                    type == Int(DT_DIR) || leadsToOtherDirectory(child), watch(child, scope, changed: &changed)
                {
                    continue
                }
            }
            if scope.contains(components) { changed.insert(child) }
        }
        return true
    }

    /// True if a symbolic link leads to a directory of the tree that it is not itself in.
    private func leadsToOtherDirectory(_ path: String) -> Bool {
        guard let resolved = realpath(root + "/" + path, nil) else { return false }
        defer { free(resolved) }
        guard let resolvedRoot = realpath(root, nil) else { return false }
        defer { free(resolvedRoot) }
        let target = String(cString: resolved) + "/"
        let link = String(cString: resolvedRoot) + "/" + path + "/"
        return target.hasPrefix(String(cString: resolvedRoot) + "/") && !link.hasPrefix(target)
    }

    private mutating func forget(_ path: String) {
        let prefix = path + "/"
        for (candidate, descriptor) in descriptors where candidate == path || candidate.hasPrefix(prefix) {
            descriptors[candidate] = nil
            directories[descriptor]?.remove(candidate)
            if directories[descriptor]?.isEmpty == true {
                directories[descriptor] = nil
                if let inotify { inotify_rm_watch(inotify, descriptor) }
            }
        }
    }

    private mutating func reportProblem(_ path: String, _ code: Int32) {
        // A directory that may not be read cannot be looked at either.
        if code != EACCES { isIncomplete = true }
        guard !hasReportedProblem else { return }
        hasReportedProblem = true
        let reason =
            code == ENOSPC
            ? "there are no more watches; raise fs.inotify.max_user_watches (sysctl)" : String(cString: strerror(code))
        let consequence =
            isIncomplete ? "are looked for now and then, as with --poll" : "will not be seen"
        onProblem("changes below \(path), and perhaps elsewhere, \(consequence): \(reason)")
    }
}

/// Which directory it is that stands at a path.
private struct DirectoryIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64

    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}
