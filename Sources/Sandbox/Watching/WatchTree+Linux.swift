import CLinux
import Content
import Glibc
import Hippofacts
import Platform

/// The watched directories of a tree, and what their events mean.
struct WatchTree: Sendable {
    /// A directory's path, which is `nil` for the root.
    private typealias Directory = RelativePath?

    /// Nil if nothing is to be watched.
    private let inotify: Int32?
    private let root: String
    private let onProblem: @Sendable (String) -> Void
    /// The directories that a watch stands for: several where symbolic links lead to one.
    private var directories: [Int32: Set<Directory>] = [:]
    private var descriptors: [Directory: Int32] = [:]
    /// The watched directories that are in a watched directory.
    private var children: [Directory: Set<RelativePath>] = [:]
    private var hasReportedProblem = false
    /// True while there is no directory at the root.
    private(set) var isRootAway = false
    /// Until then, the root may be found to have been removed without an event of its own: the system tells of the end
    /// of a directory only when nothing holds on to it any more, such as a removed file in it that is still open.
    private var rootDoubtEnd: MonotonicTime?
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
    private let time: any TimeSource

    private static let mask = UInt32(
        IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF
            | IN_MOVE_SELF | IN_ONLYDIR)
    /// So many directories may be reached over symbolic links. Links that lead to each other's directories can multiply
    /// without end, though no path leads in a circle.
    static let linkedDirectoryLimit = 10_000
    /// So many links may be on the way to what a link leads to.
    private static let linkLimit = 64
    /// Until a file that is being written is closed, its changes are held back for this long after the last one, for the
    /// sake of programs that keep files open.
    private static let openFilePatience = Duration.milliseconds(100)
    /// A file that an editor has put aside is back within this time, or it has gone.
    private static let editorPatience = Duration.milliseconds(500)
    private var linkedDirectoryCount = 0
    /// The links that lead over a place, or to it, by that place: a change of it is one of them.
    private var links: [RelativePath: Set<RelativePath>] = [:]
    /// Directories that this process may not look into.
    private var closedDirectories: Set<Directory> = []
    /// Empty files that an editor has made to find out whether it may: they are gone in a moment.
    private var probes: Set<RelativePath> = []
    /// Files that have been written to, and not closed since.
    private(set) var openFiles: Set<RelativePath> = []
    /// The last files that were closed by who had written them, as they were then.
    private var closedFiles: [RelativePath: FileIdentity] = [:]
    private static let closedFileLimit = 64

    /// - Parameters:
    ///   - fileSystem: tells what file system a directory is on.
    ///   - time: what tells how late it is.
    init(
        inotify: Int32?, root: String, time: any TimeSource = .system,
        fileSystem: @escaping @Sendable (String) -> FileSystem, onProblem: @escaping @Sendable (String) -> Void
    ) {
        self.inotify = inotify
        self.root = root
        self.time = time
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
        (directories, descriptors, children) = ([:], [:], [:])
        (probes, openFiles, closedFiles) = ([], [], [:])
    }

    /// Watches exactly the directories that the scope reaches into. False if there is no root.
    mutating func rebuild(_ scope: WatchScope) -> Bool {
        guard inotify != nil else { return true }
        isIncomplete = false
        links = [:]
        linkedDirectoryCount = 0
        clear()
        var ignored = WatchedChanges()
        ignored.isWanted = false
        rootIdentity = FileStatus(path: root)?.id
        rootDoubtEnd = nil
        isRootAway = !watch(nil, scope, &ignored)
        return !isRootAway
    }

    /// Whether the root has to be looked at again soon.
    var isRootDoubtful: Bool { rootDoubtEnd != nil && !isRootAway }

    /// Looks whether the root is still the directory that is watched.
    mutating func checkRoot() {
        guard let end = rootDoubtEnd else { return }
        if end <= time.now { rootDoubtEnd = nil }
        if FileStatus(path: root)?.id != rootIdentity { isRootAway = true }
    }

    // MARK: Events

    /// Does what an event asks for, and takes note of what has changed.
    mutating func handle(_ event: WatchEvent, scope: WatchScope, _ changes: inout WatchedChanges) {
        guard let parents = directories[event.descriptor] else { return }
        if parents.contains(nil), event.isGoing { rootDoubtEnd = time.now + Self.rootDoubt }
        let name: String
        switch event.entry {
        case .directory: return handleSelf(event, parents)
        case .unreadable(let approximation): return handleUnreadable(event, approximation, parents, scope, &changes)
        case .name(let text): name = text
        }
        for parent in parents {
            guard let path = RelativePath(name, in: parent) else { continue }
            if event.isAboutDirectory {
                handleDirectory(event, path, scope, &changes)
            } else {
                handleLink(event, path, scope, &changes)
                if scope.contains(path) { handleFile(event, path, &changes) }
            }
            if !links.isEmpty { handleTarget(event, path, scope, &changes) }
        }
    }

    /// What has become of a watched directory itself.
    private mutating func handleSelf(_ event: WatchEvent, _ parents: Set<Directory>) {
        guard event.has(IN_IGNORED, IN_DELETE_SELF, IN_MOVE_SELF, IN_UNMOUNT) else { return }
        if parents.contains(nil) {
            isRootAway = true
        } else if event.has(IN_IGNORED) {
            for parent in parents { removeDescriptor(of: parent) }
            directories[event.descriptor] = nil
        }
    }

    /// A name that is not UTF-8 is told of where its directory is looked at.
    private func handleUnreadable(
        _ event: WatchEvent, _ approximation: String, _ parents: Set<Directory>, _ scope: WatchScope,
        _ changes: inout WatchedChanges
    ) {
        guard event.isComingOrGoing else { return }
        for parent in parents {
            guard let path = RelativePath(approximation, in: parent) else { continue }
            if event.isAboutDirectory ? scope.reaches(below: path) : scope.contains(path) {
                changes.insert(directory: parent)
            }
        }
    }

    /// What comes or goes may be a symbolic link.
    private mutating func handleLink(
        _ event: WatchEvent, _ path: RelativePath, _ scope: WatchScope, _ changes: inout WatchedChanges
    ) {
        guard event.isComingOrGoing else { return }
        if descriptors[path] != nil {
            forget(path)
            changes.insert(directory: path)
        }
        guard event.isComing else { return }
        let isDirectory = scope.reaches(below: path)
        guard isDirectory || scope.contains(path), DirectoryEntry.type(ofItemAt: fullPath(path)) == Int(DT_LNK) else {
            return
        }
        noteLink(path)
        if isDirectory, leadsToOtherDirectory(path), watch(path, scope, &changes) { changes.insert(directory: path) }
    }

    /// What links lead to, or over, is as good as they are.
    private mutating func handleTarget(
        _ event: WatchEvent, _ path: RelativePath, _ scope: WatchScope, _ changes: inout WatchedChanges
    ) {
        var affected = links[path] ?? []
        if event.isAboutDirectory {
            guard event.isComingOrGoing else { return }
            for (target, leading) in links where path.isAbove(target) { affected.formUnion(leading) }
            if !affected.isEmpty, event.isGoing { forget(path) }
        }
        for link in affected {
            guard event.isComingOrGoing else {
                handleFile(event, link, &changes)
                continue
            }
            noteLink(link)
            let wasDirectory = descriptors[link] != nil
            if wasDirectory { forget(link) }
            let isDirectory = leadsToOtherDirectory(link) && watch(link, scope, &changes)
            if wasDirectory || isDirectory {
                changes.insert(directory: link)
            } else {
                handleFile(event, link, &changes)
            }
        }
    }

    private mutating func handleDirectory(
        _ event: WatchEvent, _ path: RelativePath, _ scope: WatchScope, _ changes: inout WatchedChanges
    ) {
        guard scope.reaches(below: path) else { return }
        if event.has(IN_ATTRIB) {
            handleAccess(path, scope, &changes)
        } else if event.isComing {
            let countBefore = changes.paths.count
            let isWatched = watch(path, scope, &changes)
            // An empty directory changes nothing, unless it takes the place of another one.
            if !isWatched || event.has(IN_MOVED_TO) || changes.paths.count > countBefore {
                changes.insert(directory: path)
            }
        } else if event.isGoing {
            forget(path)
            changes.insert(directory: path)
        }
    }

    /// A directory may have been closed to this process, or opened again.
    private mutating func handleAccess(_ path: RelativePath, _ scope: WatchScope, _ changes: inout WatchedChanges) {
        let descriptor = LongPath.open(fullPath(path), O_RDONLY | O_DIRECTORY)
        if descriptor >= 0 { close(descriptor) }
        let isOpen = descriptor >= 0 || errno != EACCES
        guard isOpen == closedDirectories.contains(path) else { return }
        if isOpen {
            closedDirectories.remove(path)
            _ = watch(path, scope, &changes)
        } else {
            closedDirectories.insert(path)
        }
        changes.insert(directory: path)
    }

    private mutating func handleFile(_ event: WatchEvent, _ path: RelativePath, _ changes: inout WatchedChanges) {
        if EditorFiles.mayBeProbe(path), isProbe(path, event) { return }
        if event.isPutAside {
            changes.hold(path, for: Self.editorPatience)
        } else if event.has(IN_CLOSE_WRITE) {
            noteClosing(path)
            changes.insert(path)
        } else if event.has(IN_MOVED_TO, IN_MOVED_FROM, IN_DELETE) {
            openFiles.remove(path)
            changes.insert(path)
        } else if event.has(IN_MODIFY) {
            hold(path, &changes)
        } else if event.has(IN_CREATE) {
            // A new file is closed soon; a link never is.
            let status = LongPath.status(fullPath(path), followsLinks: false)
            if let status, status.isRegular, status.linkCount == 1 {
                hold(path, &changes)
            } else {
                changes.insert(path)
            }
        } else if event.has(IN_ATTRIB) {
            // Editors give a file that they have written anew its permissions again, before they close it or afterwards.
            if openFiles.contains(path) { hold(path, &changes) } else if !isAsClosed(path) { changes.insert(path) }
        }
    }

    private mutating func hold(_ path: RelativePath, _ changes: inout WatchedChanges) {
        openFiles.insert(path)
        changes.hold(path, for: Self.openFilePatience)
    }

    private mutating func noteClosing(_ path: RelativePath) {
        openFiles.remove(path)
        if closedFiles.count >= Self.closedFileLimit { closedFiles = [:] }
        closedFiles[path] = LongPath.status(fullPath(path))?.identity
    }

    /// Whether a file is what it was when it was closed, and can be read.
    private func isAsClosed(_ path: RelativePath) -> Bool {
        guard let closed = closedFiles[path], let now = LongPath.status(fullPath(path))?.identity else { return false }
        return closed.id == now.id && closed.size == now.size && closed.modificationTime == now.modificationTime
            && access(fullPath(path), R_OK) == 0
    }

    /// Whether what has come, and goes again, is only an editor's look whether it may make files.
    private mutating func isProbe(_ path: RelativePath, _ event: WatchEvent) -> Bool {
        if event.isGoing { return probes.remove(path) != nil }
        guard event.has(IN_CREATE) || probes.contains(path) else { return false }
        guard LongPath.status(fullPath(path), followsLinks: false)?.size ?? 0 == 0 else {
            probes.remove(path)
            return false
        }
        probes.insert(path)
        return true
    }

    // MARK: Watching

    /// A directory that is still to be watched.
    private struct Pending {
        let path: Directory
        /// The directories that it is in: a link back to one of them leads nowhere.
        let ancestors: [FileID]
        let isLinked: Bool
    }

    /// Watches a directory and those below it that the scope reaches into; takes note of files that are there already.
    /// False if it is no directory.
    private mutating func watch(_ path: Directory, _ scope: WatchScope, _ changes: inout WatchedChanges) -> Bool {
        let (ancestors, isLinked) = wayTo(path)
        guard let first = enter(Pending(path: path, ancestors: ancestors, isLinked: isLinked), scope, &changes) else {
            return false
        }
        var pending = first
        while let next = pending.popLast() {
            if let found = enter(next, scope, &changes) {
                pending += found
            } else if let path = next.path, scope.contains(path) {
                changes.insert(path)
            }
        }
        return true
    }

    /// Watches one directory.
    ///
    /// - Returns: the directories in it that have to be watched, too; `nil` if it is not a directory.
    private mutating func enter(
        _ directory: Pending, _ scope: WatchScope, _ changes: inout WatchedChanges
    ) -> [Pending]? {
        if directory.isLinked {
            linkedDirectoryCount += 1
            guard linkedDirectoryCount <= Self.linkedDirectoryLimit else {
                reportTooManyLinks(directory.path)
                return []
            }
        }
        guard addWatch(directory.path) else { return nil }
        // Only after the watch is set, so that nothing comes between the two unseen.
        let descriptor = LongPath.open(fullPath(directory.path), O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0, let id = FileStatus(descriptor: descriptor)?.id,
            var stream = DirectoryStream(adopting: descriptor)
        else { return [] }
        guard !directory.ancestors.contains(id) else { return [] }
        var pending: [Pending] = []
        while let entry = try? stream.next() {
            // What is there need not be known, only where it may be.
            if entry.kind == .regular && !changes.isWanted { continue }
            guard let name = String(validating: entry.name, as: UTF8.self),
                let child = RelativePath(name, in: directory.path)
            else { continue }
            let kind = entry.kind ?? LongPath.status(entry.name, in: stream.descriptor, followsLinks: false)?.kind
            let isFile = kind != .directory && scope.contains(child)
            let isReached = kind != .regular && scope.reaches(below: child)
            guard isFile || isReached else { continue }
            let isLink = kind == .symbolicLink
            if isLink { noteLink(child) }
            if isReached, kind == .directory || isLink && leadsToOtherDirectory(child) {
                pending.append(
                    Pending(
                        path: child, ancestors: directory.ancestors + [id], isLinked: directory.isLinked || isLink))
            } else if isFile {
                changes.insert(child)
            }
        }
        return pending
    }

    /// The directories that a path is in, and whether one of them is reached over a link.
    private func wayTo(_ path: Directory) -> (ancestors: [FileID], isLinked: Bool) {
        var ancestors: [FileID] = []
        var isLinked = false
        var current = path
        while let path = current {
            if DirectoryEntry.type(ofItemAt: fullPath(path)) == Int(DT_LNK) { isLinked = true }
            current = path.parent
            if let id = LongPath.status(fullPath(current))?.id { ancestors.append(id) }
        }
        return (ancestors, isLinked)
    }

    /// Watches one directory. False if it is something else.
    private mutating func addWatch(_ path: Directory) -> Bool {
        guard let inotify else { return false }
        let fullPath = fullPath(path)
        let descriptor = Self.addWatch(inotify, fullPath)
        guard descriptor >= 0 else {
            let code = errno
            if code == EACCES { closedDirectories.insert(path) }
            if code != ENOENT && code != ENOTDIR { reportProblem(fullPath, code) }
            return false
        }
        directories[descriptor, default: []].insert(path)
        descriptors[path] = descriptor
        if let path { children[path.parent, default: []].insert(path) }
        noteFileSystem(of: fullPath)
        return true
    }

    /// As `inotify_add_watch`, for paths of any length.
    private static func addWatch(_ inotify: Int32, _ path: String) -> Int32 {
        if LongPath.isShort(path) { return inotify_add_watch(inotify, path, mask) }
        let descriptor = LongPath.open(path, O_PATH | O_DIRECTORY)
        guard descriptor >= 0 else { return -1 }
        defer {
            let code = errno
            close(descriptor)
            errno = code
        }
        return inotify_add_watch(inotify, "/proc/self/fd/\(descriptor)", mask)
    }

    private func fullPath(_ path: Directory) -> String { path.map { "\(root)/\($0)" } ?? root }

    /// Watches a directory no more, nor what is below it.
    private mutating func forget(_ path: RelativePath) {
        var pending: [Directory] = [path]
        while let directory = pending.popLast() {
            if let below = children[directory] { pending += below.map { $0 } }
            guard let descriptor = removeDescriptor(of: directory) else { continue }
            directories[descriptor]?.remove(directory)
            if directories[descriptor]?.isEmpty == true {
                directories[descriptor] = nil
                released.insert(descriptor)
            }
        }
    }

    @discardableResult
    private mutating func removeDescriptor(of directory: Directory) -> Int32? {
        if let directory {
            children[directory.parent]?.remove(directory)
            if children[directory.parent]?.isEmpty == true { children[directory.parent] = nil }
        }
        return descriptors.removeValue(forKey: directory)
    }

    // MARK: Links

    /// True if a symbolic link leads to a directory of the tree that it is not itself in.
    private func leadsToOtherDirectory(_ path: RelativePath) -> Bool {
        guard let resolved = resolvedPath(fullPath(path)), let resolvedRoot = resolvedPath(root) else { return false }
        let target = resolved + "/"
        let link = "\(resolvedRoot)/\(path)/"
        return target.utf8.starts(with: (resolvedRoot + "/").utf8) && !link.utf8.starts(with: target.utf8)
    }

    /// Takes note of the places in the tree that a symbolic link leads over, up to its target, and watches the
    /// directories that they are in.
    private mutating func noteLink(_ link: RelativePath) {
        guard let resolvedRoot = resolvedPath(root) else { return }
        var place = fullPath(link)
        for _ in 0..<Self.linkLimit {
            guard let target = LinkTarget.read(place) else { return }
            // Other links may be on the way to the last component, which need not be there yet.
            let (parent, name) = LinkTarget.split(target, from: place)
            var directory = resolvedPath(parent) ?? LinkTarget.plain(parent)
            if (directory + "/").utf8.starts(with: (root + "/").utf8) {
                directory = resolvedRoot + String(Substring(directory.utf8.dropFirst(root.utf8.count)))
            }
            place = directory + "/" + name
            guard place.utf8.starts(with: (resolvedRoot + "/").utf8),
                let relative = RelativePath(
                    validating: String(Substring(place.utf8.dropFirst(resolvedRoot.utf8.count + 1))))
            else { return }
            links[relative, default: []].insert(link)
            watchWay(to: relative)
        }
    }

    /// Watches the directories that a place is in.
    private mutating func watchWay(to path: RelativePath) {
        var missing: [RelativePath] = []
        var current = path.parent
        while let directory = current {
            if descriptors[directory] == nil { missing.append(directory) }
            current = directory.parent
        }
        for directory in missing.reversed() where !addWatch(directory) { return }
    }

    // MARK: Problems

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

    private mutating func reportTooManyLinks(_ path: Directory) {
        guard !hasReportedProblem else { return }
        hasReportedProblem = true
        onProblem(
            """
            changes below \(fullPath(path)), and perhaps elsewhere, will not be seen: more than \
            \(Self.linkedDirectoryLimit) directories are reached over symbolic links
            """)
    }
}
