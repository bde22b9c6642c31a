import Platform

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds the files below a directory that patterns match, in one walk that enters only directories which some pattern
/// reaches.
///
/// `.git` and `.hippo` are passed over wherever they stand. A symbolic link is followed as long as it stays in the
/// directory; one that leaves it is an error if a pattern reaches it.
struct DirectoryWalk {
    /// A file that at least one pattern matches.
    struct Match {
        /// Relative to the root.
        let path: String
        let identity: FileIdentity
        /// Places of the matching patterns, ascending.
        let patterns: [Int]
    }

    enum Failure: Error {
        case unreadableDirectory(path: String, code: Int32)
        /// A symbolic link, and the place outside that it points to.
        case leavesProject(path: String, target: String)
        /// The file's name is not UTF-8, which the name of a parcel has to be.
        case nameIsNotUTF8(path: String)
    }

    private let patterns: [GlobPattern]
    private let root: String
    /// The root without symbolic links, found when the first link is met.
    private var resolvedRoot: String?
    private(set) var matches: [Match] = []
    /// Whether anything was reached by a symbolic link.
    private(set) var hasFollowedLinks = false
    /// The directories that were entered, relative to the root, which is the empty path.
    private(set) var directories: [String] = []
    /// The directories that the walk is in, to notice links that lead back.
    private var ancestors: [FileID] = []
    private static let skippedNames = [Array(".git".utf8), Array(".hippo".utf8)]

    /// A pattern and what of it has been matched on the way.
    private struct Progress {
        let pattern: Int
        let states: GlobPattern.States
    }

    private struct Subdirectory {
        let path: String
        let progress: [Progress]
    }

    init(root: String, patterns: [GlobPattern]) {
        self.root = root
        self.patterns = patterns
    }

    /// Walks, and gives the matches ordered by path.
    mutating func run() throws(Failure) {
        let progress = patterns.indices.map { Progress(pattern: $0, states: patterns[$0].initialStates) }
        guard !progress.isEmpty else { return }
        try enter(Subdirectory(path: "", progress: progress))
        matches.sort { $0.path < $1.path }
    }

    private mutating func enter(_ directory: Subdirectory) throws(Failure) {
        let path = absolute(directory.path)
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            // What vanished meanwhile is not there; the next expansion will see what is.
            if errno == ENOENT || errno == ENOTDIR { return }
            throw .unreadableDirectory(path: path, code: errno)
        }
        guard let place = FileStatus(descriptor: descriptor)?.id, !ancestors.contains(place) else {
            close(descriptor)
            return
        }
        directories.append(directory.path)
        var subdirectories: [Subdirectory] = []
        if let names = literalNames(directory.progress) {
            defer { close(descriptor) }
            for name in names {
                try name.withUnsafeBufferPointer { (bytes) throws(Failure) in
                    try visit(
                        bytes, type: UInt8(DT_UNKNOWN), in: descriptor, directory, subdirectories: &subdirectories)
                }
            }
        } else {
            guard let stream = fdopendir(descriptor) else {
                let code = errno
                close(descriptor)
                throw .unreadableDirectory(path: path, code: code)
            }
            defer { closedir(stream) }
            try read(stream, descriptor, directory, &subdirectories)
        }
        // The descriptor is closed by now: depth costs no descriptors.
        ancestors.append(place)
        defer { ancestors.removeLast() }
        for subdirectory in subdirectories { try enter(subdirectory) }
    }

    private mutating func read(
        _ stream: OpaquePointer, _ descriptor: Int32, _ directory: Subdirectory,
        _ subdirectories: inout [Subdirectory]
    ) throws(Failure) {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .unreadableDirectory(path: absolute(directory.path), code: errno) }
                return
            }
            // The name is not a string of fixed size: the record may end before the declared array does.
            let name = UnsafeRawPointer(entry).advanced(by: MemoryLayout<dirent>.offset(of: \.d_name)!)
                .assumingMemoryBound(to: UInt8.self)
            let length = strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
            // The terminating zero goes along, for the system calls.
            let bytes = UnsafeBufferPointer(start: name, count: length + 1)
            let isDotEntry = bytes[0] == 0x2E && (length == 1 || length == 2 && bytes[1] == 0x2E)
            if isDotEntry { continue }
            try visit(bytes, type: entry.pointee.d_type, in: descriptor, directory, subdirectories: &subdirectories)
        }
    }

    /// Looks at one entry, whose name ends with a zero byte, as far as the patterns are interested in it.
    private mutating func visit(
        _ terminatedName: UnsafeBufferPointer<UInt8>, type: UInt8, in descriptor: Int32, _ directory: Subdirectory,
        subdirectories: inout [Subdirectory]
    ) throws(Failure) {
        let name = UnsafeBufferPointer(rebasing: terminatedName.dropLast())
        guard !Self.skippedNames.contains(where: { $0.elementsEqual(name) }) else { return }
        var matching: [Int] = []
        var reaching: [Progress] = []
        for progress in directory.progress {
            let pattern = patterns[progress.pattern]
            let states = pattern.step(progress.states, over: name)
            if pattern.isMatch(states) { matching.append(progress.pattern) }
            if pattern.mayMatch(below: states) { reaching.append(Progress(pattern: progress.pattern, states: states)) }
        }
        let isInteresting =
            switch Int(type) {
            case Int(DT_REG): !matching.isEmpty
            case Int(DT_DIR): !reaching.isEmpty
            default: !matching.isEmpty || !reaching.isEmpty
            }
        guard isInteresting else { return }
        guard let component = String(validating: name, as: UTF8.self) else {
            throw .nameIsNotUTF8(path: join(directory.path, String(decoding: name, as: UTF8.self)))
        }
        let path = join(directory.path, component)
        if Int(type) == Int(DT_DIR) {
            subdirectories.append(Subdirectory(path: path, progress: reaching))
            return
        }
        let status = terminatedName.withMemoryRebound(to: CChar.self) {
            FileStatus(directory: descriptor, name: $0.baseAddress!)
        }
        guard var status else { return }
        if status.kind == .symbolicLink {
            hasFollowedLinks = true
            guard let followed = try follow(path) else { return }
            status = followed
        }
        switch status.kind {
        case .regular where !matching.isEmpty:
            matches.append(Match(path: path, identity: status.identity, patterns: matching))
        case .directory where !reaching.isEmpty:
            subdirectories.append(Subdirectory(path: path, progress: reaching))
        default: break
        }
    }

    /// What a symbolic link leads to, or nil when it leads nowhere (as the lock files of some editors do).
    private mutating func follow(_ path: String) throws(Failure) -> FileStatus? {
        guard let target = resolvedPath(absolute(path)) else { return nil }
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

    private func absolute(_ path: String) -> String { path.isEmpty ? root : "\(root)/\(path)" }

    private func join(_ directory: String, _ name: String) -> String {
        directory.isEmpty ? name : "\(directory)/\(name)"
    }
}

/// Whether `path` is `directory` or below it; both without symbolic links.
func isInside(_ path: String, _ directory: String) -> Bool {
    path == directory || path.hasPrefix(directory.hasSuffix("/") ? directory : directory + "/")
}
