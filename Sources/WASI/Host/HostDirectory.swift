import Glibc

/// A directory of the host.
final class HostDirectory: OpenDirectory {
    private enum Source {
        case shared(SharedDirectory)
        case own(HostDescriptor)
    }

    private let source: Source
    private let resolver: PathResolver
    /// Whether nothing below it may be changed.
    private let isReadOnly: Bool
    /// What bounds all that is below it, if anything does.
    private let limit: DirectoryLimit?
    private var listing: DirectoryListing?

    /// The directory of a preopen, which is opened when it is first needed.
    init(_ directory: SharedDirectory, isReadOnly: Bool, limit: DirectoryLimit?, resolver: PathResolver) {
        source = .shared(directory)
        self.isReadOnly = isReadOnly
        self.limit = limit
        self.resolver = resolver
    }

    private init(_ descriptor: HostDescriptor, isReadOnly: Bool, limit: DirectoryLimit?, resolver: PathResolver) {
        source = .own(descriptor)
        self.isReadOnly = isReadOnly
        self.limit = limit
        self.resolver = resolver
    }

    private func descriptor() throws(ErrorNumber) -> HostDescriptor {
        switch source {
        case .shared(let directory): try directory.descriptor()
        case .own(let descriptor): descriptor
        }
    }

    private func refuseChanges() throws(ErrorNumber) {
        if isReadOnly { throw .readOnlyFileSystem }
    }

    private static func check(_ result: Int32) throws(ErrorNumber) {
        guard result == 0 else { throw .current }
    }

    // MARK: The directory itself

    func status() throws(ErrorNumber) -> FileStatus { try FileStatus(ofHostDescriptor: descriptor().number) }

    func setTimes(_ times: FileTimes) throws(ErrorNumber) {
        try refuseChanges()
        try PathResolver.setTimes(times, ofEntry: descriptor())
    }

    func synchronize(dataOnly: Bool) throws(ErrorNumber) {
        // A preopen's own descriptor is one that the host does not synchronize: another is opened for the purpose.
        let number = openat(try descriptor().number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw .current }
        let opened = HostDescriptor(owning: number)
        try Self.check(dataOnly ? fdatasync(opened.number) : fsync(opened.number))
    }

    func list(from cookie: UInt64, _ body: (DirectoryEntry) -> Bool) throws(ErrorNumber) {
        let listing: DirectoryListing
        if let opened = self.listing {
            listing = opened
        } else {
            listing = try DirectoryListing(of: descriptor().number)
        }
        self.listing = listing
        try listing.seek(to: cookie)
        while try listing.next(body) == true {}
    }

    // MARK: Opening

    func open(_ request: OpenRequest, isInterrupted: () -> Bool) throws(ErrorNumber) -> Opened {
        let entry = try isReadOnly ? openReadOnly(request, isInterrupted) : openChangeable(request, isInterrupted)
        let type = try FileStatus(ofHostDescriptor: entry.number).type
        guard type != .directory else {
            // Of a directory opened for writing, a host says so itself, unless it was asked for nothing but directories.
            guard !request.writes else { throw .isDirectory }
            return .directory(HostDirectory(entry, isReadOnly: isReadOnly, limit: limit, resolver: resolver))
        }
        return .file(HostFile(entry, type: type, isReadOnly: isReadOnly, limit: limit))
    }

    private func openChangeable(
        _ request: OpenRequest, _ isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> HostDescriptor {
        guard let limit else { return try open(request, isInterrupted) }
        let before = { try? self.status(of: request.path, follows: request.followsLast) }
        let creates = request.flags.contains(.create)
        // Who opens a pipe may wait for its other end, and everybody would wait with it.
        let mayChange = creates || request.flags.contains(.truncate)
        guard mayChange, [nil, .regularFile].contains(before()?.type) else {
            let entry = try open(request, isInterrupted)
            if try FileStatus(ofHostDescriptor: entry.number).type == .regularFile {
                try limit.noteOpening(entry.number)
            }
            return entry
        }
        return try limit.open(before: before, isNew: creates) { () throws(ErrorNumber) in
            try open(request, isInterrupted)
        }
    }

    private func open(
        _ request: OpenRequest, _ isInterrupted: () -> Bool, without: Int32 = 0
    ) throws(ErrorNumber) -> HostDescriptor {
        try resolver.open(
            request.path, beneath: descriptor().number, flags: request.hostFlags & ~without, mode: 0o666,
            followsLast: request.followsLast, isInterrupted: isInterrupted)
    }

    /// Opens as a read-only file system would: what is there can be read, and nothing else can be done.
    private func openReadOnly(
        _ request: OpenRequest, _ isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> HostDescriptor {
        guard request.changesContents || request.flags.contains(.create) else {
            return try open(request, isInterrupted)
        }
        let entry: HostDescriptor
        do throws(ErrorNumber) {
            entry = try self.entry(request.path, follows: request.followsLast)
        } catch {
            guard error == .noEntry, request.flags.contains(.create) else { throw error }
            // Only the last name may be missing.
            _ = try resolver.openParent(of: request.path, beneath: descriptor())
            throw .readOnlyFileSystem
        }
        if request.flags.isSuperset(of: [.create, .exclusive]) { throw .fileExists }
        let isDirectory = try FileStatus(ofHostDescriptor: entry.number).type == .directory
        if isDirectory { throw .isDirectory }
        if request.flags.contains(.directory) { throw .notDirectory }
        if request.changesContents { throw .readOnlyFileSystem }
        return try open(request, isInterrupted, without: O_CREAT | O_EXCL)
    }

    // MARK: Paths

    /// What a path leads to, open for looking at but not for its contents.
    private func entry(_ path: GuestPath, follows: Bool) throws(ErrorNumber) -> HostDescriptor {
        try resolver.open(
            path, beneath: descriptor().number, flags: PathResolver.entryFlags, followsLast: follows)
    }

    /// The place of a path's last component, for a change there.
    private func place(_ path: GuestPath) throws(ErrorNumber) -> ParentDirectory {
        try refuseChanges()
        return try resolver.openParent(of: path, beneath: descriptor())
    }

    func status(of path: GuestPath, follows: Bool) throws(ErrorNumber) -> FileStatus {
        let entry = try entry(path, follows: follows)
        defer { withExtendedLifetime(entry) {} }
        return try FileStatus(ofHostDescriptor: entry.number)
    }

    func setTimes(_ times: FileTimes, of path: GuestPath, follows: Bool) throws(ErrorNumber) {
        try refuseChanges()
        try PathResolver.setTimes(times, ofEntry: entry(path, follows: follows))
    }

    func readLink(_ path: GuestPath) throws(ErrorNumber) -> [UInt8] {
        let place = try resolver.openParent(of: path, beneath: descriptor())
        if place.endsInSlash {
            // The slash asks for the directory behind a link, which is no link itself.
            guard try status(of: path, follows: true).type == .directory else { throw .notDirectory }
            throw .invalidArgument
        }
        var target = [CChar](repeating: 0, count: GuestPath.maximumLength + 1)
        let count = readlinkat(place.descriptor.number, place.name, &target, target.count)
        guard count >= 0 else { throw .current }
        return target.prefix(count).map { UInt8(bitPattern: $0) }
    }

    func makeDirectory(_ path: GuestPath) throws(ErrorNumber) {
        let place = try place(path)
        try addingName { () throws(ErrorNumber) in
            try Self.check(mkdirat(place.descriptor.number, place.name, 0o777))
        }
    }

    func removeDirectory(_ path: GuestPath) throws(ErrorNumber) {
        let place = try place(path)
        try remove(place, AT_REMOVEDIR)
    }

    func unlink(_ path: GuestPath) throws(ErrorNumber) {
        let place = try place(path)
        try remove(place, 0)
    }

    private func remove(_ place: ParentDirectory, _ flags: Int32) throws(ErrorNumber) {
        let remove = { () throws(ErrorNumber) in
            try Self.check(unlinkat(place.descriptor.number, place.name, flags))
        }
        guard let limit else { return try remove() }
        try limit.removeName(place, remove)
    }

    /// Does what gives something a name, within the limit.
    private func addingName(_ body: () throws(ErrorNumber) -> Void) throws(ErrorNumber) {
        guard let limit else { return try body() }
        try limit.addName(body)
    }

    func makeLink(to target: GuestPath, at path: GuestPath) throws(ErrorNumber) {
        let place = try place(path)
        try addingName { () throws(ErrorNumber) in
            try Self.check(symlinkat(target.cString, place.descriptor.number, place.name))
        }
    }

    func rename(_ path: GuestPath, to target: any OpenDirectory, _ newPath: GuestPath) throws(ErrorNumber) {
        let source = try place(path)
        guard let target = target as? HostDirectory, target.limit === limit else { throw .crossDeviceLink }
        let place = try target.place(newPath)
        let rename = { () throws(ErrorNumber) in
            try Self.check(renameat(source.descriptor.number, source.name, place.descriptor.number, place.name))
        }
        guard let limit else { return try rename() }
        try limit.moveName(from: source, to: place, rename)
    }

    func link(
        _ path: GuestPath, follows: Bool, to target: any OpenDirectory, _ newPath: GuestPath
    ) throws(ErrorNumber) {
        // A link elsewhere would be a way to change the file.
        let source = try place(path)
        guard let target = target as? HostDirectory, target.limit === limit else { throw .crossDeviceLink }
        let place = try target.place(newPath)
        try addingName { () throws(ErrorNumber) in
            guard follows || source.endsInSlash else {
                try Self.check(linkat(source.descriptor.number, source.name, place.descriptor.number, place.name, 0))
                return
            }
            try PathResolver.link(entry(path, follows: follows), to: place)
        }
    }
}

extension OpenRequest {
    fileprivate var hostFlags: Int32 {
        let writes = writes && !flags.contains(.directory)
        var result = writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY
        result |= descriptorFlags.hostFlags
        if flags.contains(.create) { result |= O_CREAT }
        if flags.contains(.directory) { result |= O_DIRECTORY }
        if flags.contains(.exclusive) { result |= O_EXCL }
        if flags.contains(.truncate) { result |= O_TRUNC }
        return result
    }
}
