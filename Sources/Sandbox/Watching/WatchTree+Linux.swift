import Platform

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
    private var rootDoubtEnd: SuspendingClock.Instant?
    /// Which directory it is that is watched as the root.
    private var rootIdentity: FileID?
    /// So long after an entry of the root has been removed, the root may be about to be removed too.
    private static let rootDoubt = Duration.seconds(2)
    /// True if there are directories that could not be watched, or that may change without the system's telling.
    private(set) var isIncomplete = false
    /// Descriptors that stand for nothing in this tree any more. They may do so in another one.
    private var released: Set<Int32> = []
    private let fileSystem: @Sendable (String) -> FileSystem
    private var hasReportedFileSystem = false

    private static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF
            | IN_MOVE_SELF | IN_ONLYDIR)
    /// How deep symbolic links and directories may nest before they are taken for a cycle.
    private static let maximumDepth = 64
    /// The links that lead over a place, or to it, by that place: a change of it is one of them.
    private var links: [String: Set<String>] = [:]
    /// Directories that this process may not look into.
    private var closedDirectories: Set<String> = []

    /// - Parameter fileSystem: tells what file system a directory is on.
    init(
        inotify: Int32?, root: String, fileSystem: @escaping @Sendable (String) -> FileSystem,
        onProblem: @escaping @Sendable (String) -> Void
    ) {
        self.inotify = inotify
        self.root = root
        self.fileSystem = fileSystem
        self.onProblem = onProblem
    }

    /// Whether a watch stands for a directory of this tree.
    func uses(_ descriptor: Int32) -> Bool { directories[descriptor] != nil }

    /// The watches that this tree has no use for any more, since the last call.
    mutating func takeReleased() -> Set<Int32> {
        defer { released = [] }
        return released.filter { !uses($0) }
    }

    /// Watches nothing any more.
    mutating func clear() {
        released.formUnion(directories.keys)
        directories = [:]
        descriptors = [:]
    }

    /// Watches exactly the directories that the scope reaches into. False if there is no root.
    mutating func rebuild(_ scope: WatchScope) -> Bool {
        guard inotify != nil else { return true }
        isIncomplete = false
        links = [:]
        clear()
        var ignored: Set<String> = []
        rootIdentity = FileStatus(path: root)?.id
        rootDoubtEnd = nil
        isRootAway = !watch("", scope, changed: &ignored)
        return !isRootAway
    }

    /// Whether the root has to be looked at again soon.
    var isRootDoubtful: Bool { rootDoubtEnd != nil && !isRootAway }

    /// Looks whether the root is still the directory that is watched.
    mutating func checkRoot() {
        guard let end = rootDoubtEnd else { return }
        if end <= .now { rootDoubtEnd = nil }
        if FileStatus(path: root)?.id != rootIdentity { isRootAway = true }
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
            } else {
                handleLink(event, path, components, scope, &changed)
                if scope.contains(components) { handleFile(event, path, &changed, &openFiles) }
            }
            if !links.isEmpty { handleTarget(event, path, scope, &changed, &openFiles) }
        }
    }

    /// What comes or goes may be a symbolic link.
    private mutating func handleLink(
        _ event: WatchEvent, _ path: String, _ components: [Substring], _ scope: WatchScope,
        _ changed: inout Set<String>
    ) {
        guard event.mask & UInt32(IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM) != 0 else { return }
        if descriptors[path] != nil {
            forget(path)
            changed.insert(path + "/")
        }
        guard event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 else { return }
        let isDirectory = scope.reaches(below: components)
        guard isDirectory || scope.contains(components),
            DirectoryEntry.type(ofItemAt: fullPath(path)) == Int(DT_LNK)
        else { return }
        noteLink(path)
        if isDirectory, leadsToOtherDirectory(path), watch(path, scope, changed: &changed) {
            changed.insert(path + "/")
        }
    }

    /// What links lead to, or over, is as good as they are.
    private mutating func handleTarget(
        _ event: WatchEvent, _ path: String, _ scope: WatchScope, _ changed: inout Set<String>,
        _ openFiles: inout Set<String>
    ) {
        let isComingOrGoing = event.mask & UInt32(IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM) != 0
        var affected = links[path] ?? []
        if event.isDirectory {
            guard isComingOrGoing else { return }
            for (target, leading) in links where target.hasPrefix(path + "/") { affected.formUnion(leading) }
            if !affected.isEmpty, event.mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0 { forget(path) }
        }
        for link in affected {
            guard isComingOrGoing else {
                handleFile(event, link, &changed, &openFiles)
                continue
            }
            noteLink(link)
            let wasDirectory = descriptors[link] != nil
            if wasDirectory { forget(link) }
            let isDirectory = leadsToOtherDirectory(link) && watch(link, scope, changed: &changed)
            if wasDirectory || isDirectory {
                changed.insert(link + "/")
            } else {
                handleFile(event, link, &changed, &openFiles)
            }
        }
    }

    private mutating func handleDirectory(
        _ event: WatchEvent, _ path: String, _ components: [Substring], _ scope: WatchScope,
        _ changed: inout Set<String>
    ) {
        guard scope.reaches(below: components) else { return }
        if event.mask & UInt32(IN_ATTRIB) != 0 {
            handleAccess(path, scope, &changed)
        } else if event.mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 {
            let countBefore = changed.count
            let isWatched = watch(path, scope, changed: &changed)
            // An empty directory changes nothing, unless it takes the place of another one.
            if !isWatched || event.mask & UInt32(IN_MOVED_TO) != 0 || changed.count > countBefore {
                changed.insert(path + "/")
            }
        } else if event.mask & UInt32(IN_DELETE | IN_MOVED_FROM) != 0 {
            forget(path)
            changed.insert(path + "/")
        }
    }

    /// A directory may have been closed to this process, or opened again.
    private mutating func handleAccess(_ path: String, _ scope: WatchScope, _ changed: inout Set<String>) {
        let isOpen = access(root + "/" + path, R_OK | X_OK) == 0
        guard isOpen == closedDirectories.contains(path) else { return }
        if isOpen {
            closedDirectories.remove(path)
            _ = watch(path, scope, changed: &changed)
        } else {
            closedDirectories.insert(path)
        }
        changed.insert(path + "/")
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
        guard addWatch(path) else { return false }
        // Only after the watch is set, so that nothing comes between the two unseen.
        for entry in DirectoryEntry.entries(ofDirectory: fullPath(path)) ?? [] {
            let child = path.isEmpty ? entry.name : path + "/" + entry.name
            let components = child.split(separator: "/")
            let isFile = scope.contains(components)
            let isReached = components.count < Self.maximumDepth && scope.reaches(below: components)
            guard isFile || isReached else { continue }
            let isLink = entry.type == Int(DT_LNK)
            if isLink { noteLink(child) }
            if isReached, entry.type == Int(DT_DIR) || isLink && leadsToOtherDirectory(child),
                watch(child, scope, changed: &changed)
            {
                continue
            }
            if isFile { changed.insert(child) }
        }
        return true
    }

    /// Watches one directory. False if it is none.
    private mutating func addWatch(_ path: String) -> Bool {
        guard let inotify else { return false }
        let fullPath = fullPath(path)
        let descriptor = inotify_add_watch(inotify, fullPath, Self.mask)
        guard descriptor >= 0 else {
            let code = errno
            if code == EACCES { closedDirectories.insert(path) }
            if code != ENOENT && code != ENOTDIR { reportProblem(fullPath, code) }
            return false
        }
        directories[descriptor, default: []].insert(path)
        descriptors[path] = descriptor
        noteFileSystem(of: fullPath)
        return true
    }

    private func fullPath(_ path: String) -> String { path.isEmpty ? root : root + "/" + path }

    // MARK: Links

    /// True if a symbolic link leads to a directory of the tree that it is not itself in.
    private func leadsToOtherDirectory(_ path: String) -> Bool {
        guard let resolved = resolvedPath(fullPath(path)), let resolvedRoot = resolvedPath(root) else { return false }
        let target = resolved + "/"
        let link = resolvedRoot + "/" + path + "/"
        return target.hasPrefix(resolvedRoot + "/") && !link.hasPrefix(target)
    }

    /// Takes note of the places in the tree that a symbolic link leads over, up to its target, and watches the
    /// directories that they are in.
    private mutating func noteLink(_ link: String) {
        guard let resolvedRoot = resolvedPath(root) else { return }
        var place = fullPath(link)
        for _ in 0..<Self.maximumDepth {
            guard let target = linkTarget(place) else { return }
            let next = target.hasPrefix("/") ? target : FilePath.parent(place) + "/" + target
            // Other links may be on the way to the last component, which need not be there yet.
            let (parent, name) = (Self.parent(next), FilePath.name(next))
            var directory = resolvedPath(parent) ?? FilePath.absolute(parent)
            if (directory + "/").hasPrefix(root + "/") { directory = resolvedRoot + directory.dropFirst(root.count) }
            place = directory + "/" + name
            guard place.hasPrefix(resolvedRoot + "/") else { return }
            let relative = String(place.dropFirst(resolvedRoot.count + 1))
            links[relative, default: []].insert(link)
            watchWay(to: relative)
        }
    }

    /// The path without its last component; what is before it stays as it is, since `..` may lead through links.
    private static func parent(_ path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Watches the directories that a place is in.
    private mutating func watchWay(to path: String) {
        var directory = ""
        for component in path.split(separator: "/").dropLast() {
            directory += directory.isEmpty ? component : "/" + component
            if descriptors[directory] == nil, !addWatch(directory) { return }
        }
    }

    private mutating func forget(_ path: String) {
        let prefix = path + "/"
        for (candidate, descriptor) in descriptors where candidate == path || candidate.hasPrefix(prefix) {
            descriptors[candidate] = nil
            directories[descriptor]?.remove(candidate)
            if directories[descriptor]?.isEmpty == true {
                directories[descriptor] = nil
                released.insert(descriptor)
            }
        }
    }

    /// Where others may change files unseen, they have to be looked for as well.
    private mutating func noteFileSystem(of path: String) {
        guard !isIncomplete, case .remote(let name) = fileSystem(path) else { return }
        isIncomplete = true
        guard !hasReportedFileSystem else { return }
        hasReportedFileSystem = true
        onProblem(
            "\(path) is on a file system (\(name)) where others may change files without a sign: they are looked for "
                + "now and then, too, as with --poll.")
    }

    private mutating func reportProblem(_ path: String, _ code: Int32) {
        // A directory that may not be read cannot be looked at either.
        if code != EACCES { isIncomplete = true }
        guard !hasReportedProblem else { return }
        hasReportedProblem = true
        let reason =
            code == ENOSPC
            ? "there are no more watches; raise fs.inotify.max_user_watches (sysctl)" : SystemError.reason(code)
        let consequence =
            isIncomplete ? "are looked for now and then, as with --poll" : "will not be seen"
        onProblem("changes below \(path), and perhaps elsewhere, \(consequence): \(reason)")
    }
}
