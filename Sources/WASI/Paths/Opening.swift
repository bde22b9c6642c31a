import Glibc

/// What a guest asks of `path_open`.
struct OpenRequest {
    let path: GuestPath
    let followsLast: Bool
    let flags: OpenFlags
    let descriptorFlags: DescriptorFlags
    let rights: Rights
    let inheritingRights: Rights

    /// Whether the file's contents are to be changed. On a directory, rights to write mean nothing.
    private var changesContents: Bool {
        flags.contains(.truncate) || (!flags.contains(.directory) && !rights.isDisjoint(with: .needWriting))
    }

    /// The rights that the directory's own descriptor has to have.
    fileprivate var rightsOnDirectory: Rights {
        var needed = Rights.openPath
        if flags.contains(.create) { needed.insert(.createFile) }
        if flags.contains(.truncate) { needed.insert(.setPathSize) }
        return needed
    }

    private var hostFlags: Int32 {
        let reads = !rights.isDisjoint(with: .needReading)
        let writes = !flags.contains(.directory) && !rights.isDisjoint(with: .needWriting)
        var result = writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY
        result |= descriptorFlags.hostFlags
        if flags.contains(.create) { result |= O_CREAT }
        if flags.contains(.directory) { result |= O_DIRECTORY }
        if flags.contains(.exclusive) { result |= O_EXCL }
        if flags.contains(.truncate) { result |= O_TRUNC }
        return result
    }

    fileprivate func open(
        beneath root: Int32, with resolver: PathResolver, _ isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> HostDescriptor {
        try resolver.open(
            path, beneath: root, flags: hostFlags, mode: 0o666, followsLast: followsLast, isInterrupted: isInterrupted)
    }

    /// Opens as a read-only file system would: what is there can be read, and nothing else can be done.
    fileprivate func openReadOnly(
        beneath root: Int32, with resolver: PathResolver, _ isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> HostDescriptor {
        guard changesContents || flags.contains(.create) else {
            return try open(beneath: root, with: resolver, isInterrupted)
        }
        let entry: HostDescriptor
        do throws(ErrorNumber) {
            entry = try resolver.open(path, beneath: root, flags: PathResolver.entryFlags, followsLast: followsLast)
        } catch {
            throw error == .noEntry && flags.contains(.create) ? .readOnlyFileSystem : error
        }
        if flags.isSuperset(of: [.create, .exclusive]) { throw .fileExists }
        guard !changesContents else {
            let isDirectory = try FileStatus(ofHostDescriptor: entry.number).type == .directory
            throw isDirectory ? .isDirectory : .readOnlyFileSystem
        }
        return try resolver.open(
            path, beneath: root, flags: hostFlags & ~(O_CREAT | O_EXCL), followsLast: followsLast,
            isInterrupted: isInterrupted)
    }
}

extension WASIContext {
    /// Opens a file or directory below the directory `number`, and returns the new descriptor's number.
    ///
    /// - Parameter isInterrupted: whether a wait that a signal ends is to be given up.
    func open(
        _ request: OpenRequest, in number: UInt32, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> UInt32 {
        let (directory, descriptor) = try descriptors.directory(number, needing: request.rightsOnDirectory)
        guard !request.flags.isSuperset(of: [.create, .directory]) else { throw .invalidArgument }
        guard descriptor.inheritingRights.isSuperset(of: request.rights.union(request.inheritingRights)) else {
            throw .notCapable
        }
        try descriptors.requireRoom()
        let root = try directory.descriptor().number
        let opened =
            directory.isReadOnly
            ? try request.openReadOnly(beneath: root, with: resolver, isInterrupted)
            : try request.open(beneath: root, with: resolver, isInterrupted)
        return try descriptors.insert(Self.describe(opened, request, isReadOnly: directory.isReadOnly))
    }

    /// The guest's descriptor for what was opened. It has fewer rights than asked for, where those mean nothing for
    /// what it turned out to be.
    private static func describe(
        _ opened: HostDescriptor, _ request: OpenRequest, isReadOnly: Bool
    ) throws(ErrorNumber) -> Descriptor {
        let type = try FileStatus(ofHostDescriptor: opened.number).type
        if type == .directory {
            return Descriptor(
                .directory(Directory(opened, isReadOnly: isReadOnly)),
                flags: request.descriptorFlags,
                rights: request.rights.intersection(.applicableToDirectories),
                inheritingRights: request.inheritingRights)
        }
        let hasPosition = type == .regularFile || type == .blockDevice
        return Descriptor(
            .file(OpenFile(opened, type: type, isReadOnly: isReadOnly)),
            flags: request.descriptorFlags,
            rights: request.rights.intersection(hasPosition ? .applicableToFiles : .applicableToStreams))
    }
}
