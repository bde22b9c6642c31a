import Bindle
import Content
import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds the files below a directory that patterns match, in one walk that enters only directories which some pattern
/// reaches. They come in the order of their paths' bytes.
///
/// `.git` and `.hippo` are passed over wherever they stand, and so are editors' files. Files of variables, `.env` and its kin,
/// are refused. A symbolic link is followed as
/// long as it stays in the directory; one that leaves it is an error if a pattern reaches it. Directories may lie as deep
/// as they like.
struct DirectoryWalk {
    /// A file that at least one pattern matches.
    struct Match {
        /// Relative to the root.
        let path: RelativePath
        let identity: FileIdentity
        let patterns: PatternSet
    }

    enum Failure: Error {
        case unreadableDirectory(path: String, code: Int32)
        /// A symbolic link, and the place outside that it points to.
        case leavesProject(path: String, target: String)
        /// More than `linkedDirectoryLimit` directories are reached over symbolic links.
        case tooManyLinks(path: String)
        case isCancelled
    }

    /// So many directories may be reached over symbolic links. Links that lead to each other's directories can multiply
    /// without end, though no path leads in a circle.
    static let linkedDirectoryLimit = 100_000

    private let patterns: [GlobPattern]
    /// What these take is left out, a directory with all that is in it.
    private let exclusions: [GlobPattern]
    private let root: String
    private let control: ExpansionControl?
    /// Nothing else is looked at than what these names lead to, and what is below it.
    private var only: [[UInt8]] = []
    /// The root without symbolic links, found when the first link is met.
    private var resolvedRoot: String?
    private(set) var matches: [Match] = []
    /// What patterns reach, but is no parcel.
    private(set) var refused: [RefusedFile] = []
    /// The directories that were entered, relative to the root, which is the empty path.
    private(set) var directories: [String] = []
    private var linkedDirectoryCount = 0
    private static let skippedNames = [Array(".git".utf8), Array(".hippo".utf8)]

    /// A pattern and what of it has been matched on the way.
    private struct Progress {
        let pattern: Int
        let states: GlobPattern.States
    }

    /// What was found in a directory, until it is its turn.
    private struct Entry {
        enum Kind {
            case file(FileIdentity, PatternSet)
            case directory([Progress], isLinked: Bool)
        }

        /// Where the name stands in the frame's names. A directory's has a slash after it, which puts it in its order.
        let name: Range<Int>
        let kind: Kind
    }

    /// A directory that the walk is in.
    private struct Frame {
        let id: FileID
        /// Whether a symbolic link was on the way.
        let isLinked: Bool
        /// How long the path is that leads to it.
        let pathLength: Int
        var names: [UInt8] = []
        var entries: [Entry] = []
        /// The next entry whose turn it is.
        var next = 0
    }

    private var frames: [Frame] = []
    /// The path of what the walk is at.
    private var path: [UInt8] = []

    init(
        root: String, patterns: [GlobPattern], exclusions: [GlobPattern] = [], control: ExpansionControl? = nil
    ) {
        self.root = root
        self.patterns = patterns
        self.exclusions = exclusions
        self.control = control
    }

    /// Walks.
    ///
    /// - Parameter path: where given, nothing but this and what is below it is looked for: what a walk of everything would
    ///   find there.
    mutating func run(at path: RelativePath? = nil) throws(Failure) {
        only = path?.components.map { Array($0.utf8) } ?? []
        let progress = patterns.indices.map { Progress(pattern: $0, states: patterns[$0].initialStates) }
        guard !progress.isEmpty else { return }
        let descriptor = LongPath.open(root, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else {
            // What vanished meanwhile is not there; the next expansion will see what is.
            if errno == ENOENT || errno == ENOTDIR { return }
            throw .unreadableDirectory(path: root, code: errno)
        }
        let rootStream = DirectoryStream(adopting: dup(descriptor))
        defer { close(descriptor) }
        guard let rootStream else { throw .unreadableDirectory(path: root, code: errno) }
        try enter(rootStream, progress, isLinked: false)
        while let frame = frames.last {
            guard frame.next < frame.entries.count else {
                frames.removeLast()
                continue
            }
            frames[frames.count - 1].next += 1
            let entry = frame.entries[frame.next]
            self.path.removeSubrange(frame.pathLength...)
            if frame.pathLength > 0 { self.path.append(UInt8(ascii: "/")) }
            self.path += frame.names[entry.name]
            switch entry.kind {
            case .file(let identity, let patterns):
                if let path = self.path.withUnsafeBufferPointer({ RelativePath(utf8: $0) }), frames.count >= only.count
                {
                    matches.append(Match(path: path, identity: identity, patterns: patterns))
                }
            case .directory(let progress, let isLinked):
                self.path.removeLast()
                try enter(in: descriptor, progress, isLinked: isLinked)
            }
        }
    }

    /// Enters the directory at `path`, below that with the descriptor.
    private mutating func enter(in root: Int32, _ progress: [Progress], isLinked: Bool) throws(Failure) {
        let descriptor = path.withUnsafeBufferPointer { LongPath.open($0, in: root, O_RDONLY | O_DIRECTORY) }
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw .unreadableDirectory(path: absolutePath, code: errno)
        }
        guard let stream = DirectoryStream(adopting: descriptor) else {
            throw .unreadableDirectory(path: absolutePath, code: errno)
        }
        try enter(stream, progress, isLinked: isLinked)
    }

    /// Reads a directory, and puts in order what has to be done with what is in it.
    private mutating func enter(
        _ stream: consuming DirectoryStream, _ progress: [Progress], isLinked: Bool
    ) throws(Failure) {
        if control?.isCancelled == true { throw .isCancelled }
        // A link may lead back.
        guard let id = FileStatus(descriptor: stream.descriptor)?.id, !frames.contains(where: { $0.id == id }) else {
            return
        }
        if isLinked {
            linkedDirectoryCount += 1
            guard linkedDirectoryCount <= Self.linkedDirectoryLimit else { throw .tooManyLinks(path: relativePath) }
        }
        directories.append(relativePath)
        var frame = Frame(id: id, isLinked: isLinked, pathLength: path.count)
        if frames.count < only.count {
            try visit(named: only[frames.count] + [0], in: stream.descriptor, progress, &frame)
        } else if let names = literalNames(progress) {
            for name in names { try visit(named: name, in: stream.descriptor, progress, &frame) }
        } else {
            // Errors of two kinds do not leave one block.
            var failure: Failure?
            do throws(SystemError) {
                while let entry = try stream.next() {
                    do throws(Failure) {
                        try visit(entry.terminatedName, entry.kind, in: stream.descriptor, progress, &frame)
                    } catch {
                        failure = error
                        break
                    }
                }
            } catch {
                throw .unreadableDirectory(path: absolutePath, code: error.code)
            }
            if let failure { throw failure }
        }
        frame.names.withUnsafeBufferPointer { names in
            frame.entries.sort { left, right in
                let shorter = min(left.name.count, right.name.count)
                let order = memcmp(
                    names.baseAddress! + left.name.lowerBound, names.baseAddress! + right.name.lowerBound, shorter)
                return order != 0 ? order < 0 : left.name.count < right.name.count
            }
        }
        frames.append(frame)
    }

    private mutating func visit(
        named name: [UInt8], in descriptor: Int32, _ progress: [Progress], _ frame: inout Frame
    ) throws(Failure) {
        try name.withUnsafeBufferPointer { (name) throws(Failure) in
            try visit(name, nil, in: descriptor, progress, &frame)
        }
    }

    /// Looks at one entry, whose name ends with a zero byte, as far as the patterns are interested in it.
    private mutating func visit(
        _ terminatedName: UnsafeBufferPointer<UInt8>, _ kind: FileStatus.Kind?, in descriptor: Int32,
        _ progress: [Progress], _ frame: inout Frame
    ) throws(Failure) {
        let name = UnsafeBufferPointer(rebasing: terminatedName.dropLast())
        if name.first == UInt8(ascii: "."), Self.skippedNames.contains(where: { $0.elementsEqual(name) }) { return }
        let isEditors = EditorFiles.contain(name)
        let mayBeProbe = EditorFiles.mayBeProbe(name)
        var isSpelledOut = false
        var matching = PatternSet()
        var reaching: [Progress] = []
        for progress in progress {
            let pattern = patterns[progress.pattern]
            let states = pattern.step(progress.states, over: name)
            if kind != .directory, pattern.isMatch(states) {
                if isEditors || mayBeProbe, pattern.namesFile { isSpelledOut = true }
                if !isEditors || pattern.namesFile { matching.insert(progress.pattern) }
            }
            if kind != .regular, pattern.mayMatch(below: states) {
                reaching.append(Progress(pattern: progress.pattern, states: states))
            }
        }
        guard !matching.isEmpty || !reaching.isEmpty, kind != .other, !isExcluded(name) else { return }
        guard RelativePath(utf8: name) != nil else {
            refuse(name, .isNotUTF8)
            return
        }
        var isLinked = frame.isLinked
        var status: FileStatus?
        if kind != .directory {
            status = terminatedName.withMemoryRebound(to: CChar.self) {
                FileStatus(directory: descriptor, name: $0.baseAddress!)
            }
            guard let found = status else { return }
            if !matching.isEmpty, found.kind != .directory, RefusedFile.hasVariables(name) {
                refuse(name, .hasVariables)
                return
            }
            if found.kind == .symbolicLink {
                status = try follow(name)
                guard status != nil else { return }
                isLinked = true
            }
        }
        let start = frame.names.count
        switch status?.kind ?? .directory {
        case .regular where !matching.isEmpty:
            guard let identity = status?.identity, !mayBeProbe || identity.size > 0 || isSpelledOut else { return }
            frame.names += name
            frame.entries.append(Entry(name: start..<frame.names.count, kind: .file(identity, matching)))
        case .directory where !reaching.isEmpty:
            frame.names += name
            frame.names.append(UInt8(ascii: "/"))
            frame.entries.append(
                Entry(name: start..<frame.names.count, kind: .directory(reaching, isLinked: isLinked)))
        default: break
        }
    }

    private mutating func refuse(_ name: UnsafeBufferPointer<UInt8>, _ reason: RefusedFile.Reason) {
        let whole = path + (path.isEmpty ? [] : [UInt8(ascii: "/")]) + Array(name)
        refused.append(RefusedFile(path: EscapedName.text(of: whole), reason: reason))
    }

    /// Whether a name in the directory that the walk is in is left out. The directory itself is not.
    private func isExcluded(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !exclusions.isEmpty else { return false }
        let whole = path.isEmpty ? Array(name) : path + [UInt8(ascii: "/")] + name
        return whole.withUnsafeBufferPointer { whole in
            exclusions.contains { $0.isMatch($0.states(after: whole)) }
        }
    }

    /// What a symbolic link leads to, or nil when it leads nowhere (as the lock files of some editors do).
    private mutating func follow(_ name: UnsafeBufferPointer<UInt8>) throws(Failure) -> FileStatus? {
        let path = (path.isEmpty ? "" : relativePath + "/") + String(decoding: name, as: UTF8.self)
        guard let target = resolvedPath(root + "/" + path) else { return nil }
        let resolvedRoot = self.resolvedRoot ?? resolvedPath(root) ?? root
        self.resolvedRoot = resolvedRoot
        guard isInside(target, resolvedRoot) else { throw .leavesProject(path: path, target: target) }
        return FileStatus(path: target)
    }

    /// The names that the patterns can lead on to, each ending with a zero byte, if no directory need be read for that.
    private func literalNames(_ progress: [Progress]) -> [[UInt8]]? {
        var names: [[UInt8]] = []
        for progress in progress {
            guard let literals = patterns[progress.pattern].literalNames(in: progress.states) else { return nil }
            for literal in literals where !names.contains(literal + [0]) { names.append(literal + [0]) }
        }
        // Looking up so many names costs more than reading the directory.
        return names.count <= 64 ? names : nil
    }

    /// The path of what the walk is at, whose names are UTF-8.
    private var relativePath: String { String(decoding: path, as: UTF8.self) }

    private var absolutePath: String { path.isEmpty ? root : "\(root)/\(relativePath)" }
}

/// Whether `path` is `directory` or below it; both without symbolic links.
func isInside(_ path: String, _ directory: String) -> Bool {
    let prefix = directory.utf8.last == UInt8(ascii: "/") ? directory : directory + "/"
    return NameBytes.areEqual(path, directory) || path.utf8.starts(with: prefix.utf8)
}
