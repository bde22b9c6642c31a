import Glibc

/// Opens files by the paths that guests give, in such a way that what is opened is always at or below the directory the
/// path starts from: whatever `..`, absolute paths and symbolic links say, and whatever is renamed meanwhile.
///
/// The kernel does it where it can (`openat2` on Linux). Elsewhere the path is walked here, one component at a time,
/// and the kernel is allowed to follow none of them; `..` goes back to the directory the walk came from, whose descriptor
/// it still holds, and never asks the file system for a parent.
struct PathResolver: Sendable {
    /// Whether to use the kernel's own resolution.
    let usesKernel: Bool

    /// The best this system can do.
    static let automatic = PathResolver(usesKernel: kernelResolvesBeneath)

    /// How many symbolic links one path may lead through.
    private static let linkLimit = 40

    /// Opens `path` below the directory `root`.
    ///
    /// - Parameters:
    ///   - flags: the host's flags for opening, without those for following links.
    ///   - followsLast: whether a symbolic link in the last component is followed; if not, it is `ELOOP`, or the link
    ///     itself with flags that open nothing but the path.
    ///   - isInterrupted: whether a wait that a signal ends is to be given up: who opens a pipe that has a name waits for
    ///     its other end.
    func open(
        _ path: GuestPath, beneath root: Int32, flags: Int32, mode: mode_t = 0, followsLast: Bool,
        isInterrupted: () -> Bool = { false }
    ) throws(ErrorNumber) -> HostDescriptor {
        guard !path.isAbsolute else { throw .operationNotPermitted }
        let flags = flags | O_CLOEXEC | (flags & Self.pathOnly == 0 ? O_NOCTTY : 0)
        if usesKernel {
            let resolved = try Self.openWithKernel(
                path.cString, root, followsLast ? flags : flags | O_NOFOLLOW, mode, isInterrupted)
            if let resolved { return resolved }
        }
        return try walk(path, root, flags, mode, followsLast, isInterrupted)
    }

    /// The directory that holds `path`'s last component, opened below `root`, for an operation that names the component
    /// in it. Of such an operation the component is never followed.
    func openParent(of path: GuestPath, beneath root: HostDescriptor) throws(ErrorNumber) -> ParentDirectory {
        guard !path.isAbsolute else { throw .operationNotPermitted }
        let (parent, name) = path.splitLast()
        let directory: HostDescriptor
        if let parent {
            directory = try open(
                GuestPath(unchecked: parent), beneath: root.number, flags: Self.searchFlags, followsLast: true)
        } else {
            directory = root
        }
        let entry = ParentDirectory(descriptor: directory, name: name)
        if entry.namesParent {
            // The host refuses to make, remove or rename `..`, but how it does would tell of what is outside.
            _ = try open(path, beneath: root.number, flags: Self.searchFlags, followsLast: true)
        }
        return entry
    }

    // MARK: - Walking

    private func walk(
        _ path: GuestPath, _ root: Int32, _ flags: Int32, _ mode: mode_t, _ followsLast: Bool,
        _ isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> HostDescriptor {
        var walk = Walk(path)
        var entered: [HostDescriptor] = []
        while let component = walk.next() {
            let current = entered.last?.number ?? root
            switch component.kind {
            case .current:
                break
            case .parent:
                guard entered.popLast() != nil else { throw .operationNotPermitted }
            case .name where walk.isAtEnd:
                let opened = try openLast(
                    component.name, in: current, &walk, flags, mode, followsLast, isInterrupted)
                if let opened { return opened }
            case .name:
                if let directory = try enter(component.name, in: current, &walk) { entered.append(directory) }
            }
        }
        return try Self.openEntry([GuestPath.dot, 0], in: entered.last?.number ?? root, flags, mode)
    }

    /// Opens the directory `name`; or, where that is a symbolic link, puts the link's target before the rest of the
    /// path.
    private func enter(
        _ name: [CChar], in directory: Int32, _ walk: inout Walk
    ) throws(ErrorNumber) -> HostDescriptor? {
        let entry = try Self.openEntry(name, in: directory, Self.entryFlags, 0)
        switch try FileStatus(ofHostDescriptor: entry.number).type {
        case .directory:
            return entry
        case .symbolicLink:
            try walk.follow(Self.target(ofLink: name, in: directory), limit: Self.linkLimit)
            return nil
        default:
            throw .notDirectory
        }
    }

    /// Opens `name`, the path's last component; or, where that is a symbolic link to be followed, goes on with its
    /// target.
    private func openLast(
        _ name: [CChar], in directory: Int32, _ walk: inout Walk, _ flags: Int32, _ mode: mode_t, _ followsLast: Bool,
        _ isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> HostDescriptor? {
        let follows = followsLast || walk.endsInSlash
        // A slash at the end makes the kernel follow a link whatever it was told: it is never passed on.
        var flags = flags
        if walk.endsInSlash {
            guard flags & O_CREAT == 0 else { throw .isDirectory }
            flags |= O_DIRECTORY
        }
        let failure: ErrorNumber
        do throws(ErrorNumber) {
            let entry = try Self.openEntry(name, in: directory, flags, mode, isInterrupted)
            guard follows, try FileStatus(ofHostDescriptor: entry.number).type == .symbolicLink else { return entry }
            failure = .tooManySymbolicLinks
        } catch {
            failure = error
        }
        guard follows, failure == .tooManySymbolicLinks || failure == .notDirectory,
            let target = try? Self.target(ofLink: name, in: directory)
        else { throw failure }
        try walk.follow(target, limit: Self.linkLimit)
        return nil
    }

    private static func openEntry(
        _ name: [CChar], in directory: Int32, _ flags: Int32, _ mode: mode_t, _ isInterrupted: () -> Bool = { false }
    ) throws(ErrorNumber) -> HostDescriptor {
        while true {
            let number = openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC, mode)
            if number >= 0 { return HostDescriptor(owning: number) }
            guard errno == EINTR, !isInterrupted() else { throw .current }
        }
    }

    private static func target(ofLink name: [CChar], in directory: Int32) throws(ErrorNumber) -> GuestPath {
        var buffer = [CChar](repeating: 0, count: GuestPath.maximumLength + 1)
        let count = readlinkat(directory, name, &buffer, GuestPath.maximumLength)
        guard count >= 0 else { throw .current }
        guard count > 0 else { throw .noEntry }
        return GuestPath(unchecked: buffer[..<count] + [0])
    }
}

/// A place in a directory: the directory's descriptor and one path component, with the slashes that followed it.
struct ParentDirectory {
    let descriptor: HostDescriptor
    let name: [CChar]

    /// The component without slashes after it.
    var bareName: [CChar] { name.prefix { $0 != GuestPath.slash && $0 != 0 } + [0] }

    /// Whether slashes follow, which say that the component is a directory.
    var endsInSlash: Bool { name.contains(GuestPath.slash) }

    var namesParent: Bool { bareName == [GuestPath.dot, GuestPath.dot, 0] }
}

/// What is left of a path that is being walked.
private struct Walk {
    struct Component {
        enum Kind { case current, parent, name }
        let name: [CChar]

        var kind: Kind {
            switch name {
            case [GuestPath.dot, 0]: .current
            case [GuestPath.dot, GuestPath.dot, 0]: .parent
            default: .name
            }
        }
    }

    /// The components to come, the next at the end.
    private var pending: [Component]
    private var linksFollowed = 0
    /// Whether a slash ends the path, so that it has to lead to a directory.
    private(set) var endsInSlash: Bool

    init(_ path: GuestPath) {
        pending = Self.components(of: path).reversed()
        endsInSlash = path.endsInSlash
    }

    var isAtEnd: Bool { pending.isEmpty }

    mutating func next() -> Component? { pending.popLast() }

    /// Goes on with a symbolic link's target before what is left.
    mutating func follow(_ target: GuestPath, limit: Int) throws(ErrorNumber) {
        guard !target.isAbsolute else { throw .operationNotPermitted }
        linksFollowed += 1
        guard linksFollowed <= limit else { throw .tooManySymbolicLinks }
        if pending.isEmpty, target.endsInSlash { endsInSlash = true }
        pending.append(contentsOf: Self.components(of: target).reversed())
    }

    private static func components(of path: GuestPath) -> [Component] {
        path.bytes.split(separator: GuestPath.slash).map { Component(name: $0 + [0]) }
    }
}
