import WASI

/// The resource `descriptor` of `wasi:filesystem/types`: a file or directory that a component has open.
final class Descriptor {
    enum Subject {
        case directory(any OpenDirectory)
        case file(any OpenFile)
    }

    let subject: Subject
    /// `descriptor-flags`: how it was opened.
    let flags: UInt32

    static let readFlag: UInt32 = 1
    static let writeFlag: UInt32 = 2
    static let mutateDirectoryFlag: UInt32 = 32

    init(_ subject: Subject, flags: UInt32) {
        self.subject = subject
        self.flags = flags
    }

    /// The descriptor of a preopen. What may not be changed in it says so when that is tried.
    convenience init(preopen directory: any OpenDirectory) {
        self.init(.directory(directory), flags: Self.readFlag | Self.mutateDirectoryFlag)
    }

    /// The directory, for what only a directory can do.
    var directory: any OpenDirectory {
        get throws(ErrorNumber) {
            guard case .directory(let directory) = subject else { throw .notDirectory }
            return directory
        }
    }

    /// The file, for what only a file can do.
    ///
    /// - Parameter otherwise: what is told of a directory.
    func file(otherwise: ErrorNumber = .badDescriptor) throws(ErrorNumber) -> any OpenFile {
        guard case .file(let file) = subject else { throw otherwise }
        return file
    }

    var status: FileStatus {
        get throws(ErrorNumber) {
            switch subject {
            case .directory(let directory): try directory.status()
            case .file(let file): try file.status()
            }
        }
    }

    func synchronize(dataOnly: Bool) throws(ErrorNumber) {
        switch subject {
        case .directory(let directory): try directory.synchronize(dataOnly: dataOnly)
        case .file(let file): try file.synchronize(dataOnly: dataOnly)
        }
    }

    func setTimes(_ times: FileTimes) throws(ErrorNumber) {
        switch subject {
        case .directory(let directory): try directory.setTimes(times)
        case .file(let file): try file.setTimes(times)
        }
    }

    /// Opens what a path below it leads to.
    ///
    /// - Parameters:
    ///   - openFlags: of `open-flags`, whose bits are those of preview 1.
    ///   - flags: of `descriptor-flags`.
    func open(
        _ path: GuestPath, followsLast: Bool, openFlags: UInt32, flags: UInt32, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Descriptor {
        let openFlags = OpenFlags(rawValue: UInt16(truncatingIfNeeded: openFlags))
        guard !openFlags.isSuperset(of: [.create, .directory]) else { throw .invalidArgument }
        var rights: Rights = []
        if flags & Self.readFlag != 0 { rights.formUnion([.read, .readDirectory]) }
        if flags & Self.writeFlag != 0 { rights.insert(.write) }
        let request = OpenRequest(
            path: path, followsLast: followsLast, flags: openFlags,
            descriptorFlags: DescriptorFlags(descriptorFlags: flags), rights: rights, inheritingRights: [])
        switch try directory.open(request, isInterrupted: isInterrupted) {
        case .directory(let directory): return Descriptor(.directory(directory), flags: flags)
        // What is opened for nothing can be read.
        case .file(let file):
            let reads = flags & (Self.readFlag | Self.writeFlag) == 0
            return Descriptor(.file(file), flags: reads ? flags | Self.readFlag : flags)
        }
    }
}

extension OpenFile {
    /// Whether it can be read and written at any place.
    var hasPlaces: Bool { type == .regularFile || type == .blockDevice }
}
