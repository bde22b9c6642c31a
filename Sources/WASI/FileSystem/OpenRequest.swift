/// What a guest asks of `path_open`.
package struct OpenRequest {
    let path: GuestPath
    let followsLast: Bool
    let flags: OpenFlags
    let descriptorFlags: DescriptorFlags
    let rights: Rights
    let inheritingRights: Rights

    package init(
        path: GuestPath, followsLast: Bool, flags: OpenFlags, descriptorFlags: DescriptorFlags, rights: Rights,
        inheritingRights: Rights
    ) {
        self.path = path
        self.followsLast = followsLast
        self.flags = flags
        self.descriptorFlags = descriptorFlags
        self.rights = rights
        self.inheritingRights = inheritingRights
    }

    /// Whether the file is to be read: also if neither reading nor writing is asked for.
    var reads: Bool { !writes || !rights.isDisjoint(with: [.read, .readDirectory]) }

    /// Whether the file is to be written. The other rights that have to do with writing ask for nothing: programs name
    /// them for files that they only read.
    var writes: Bool { rights.contains(.write) }

    /// Whether anything is to be changed in what is there.
    var changesContents: Bool { writes || flags.contains(.truncate) }
}

extension WASIContext {
    /// Opens a file or directory below the directory `number`, and returns the new descriptor's number.
    ///
    /// Rights describe a descriptor, they do not bar anything; but who asks for no right to write gets a file that is
    /// not open for writing. See <doc:Files>.
    ///
    /// - Parameter isInterrupted: whether a wait that a signal ends is to be given up.
    func open(
        _ request: OpenRequest, in number: UInt32, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> UInt32 {
        let directory = try descriptors.directory(number)
        guard !request.flags.isSuperset(of: [.create, .directory]) else { throw .invalidArgument }
        try descriptors.requireRoom()
        let opened = try directory.open(request, isInterrupted: isInterrupted)
        return try descriptors.insert(Descriptor(opened, request))
    }
}

extension Descriptor {
    /// The guest's descriptor for what was opened. It has fewer rights than asked for, where those mean nothing for
    /// what it turned out to be.
    fileprivate init(_ opened: Opened, _ request: OpenRequest) {
        switch opened {
        case .directory(let directory):
            self.init(
                .directory(directory), flags: request.descriptorFlags,
                rights: request.rights.intersection(.applicableToDirectories),
                inheritingRights: request.inheritingRights)
        case .file(let file):
            let hasPosition = file.type == .regularFile || file.type == .blockDevice
            self.init(
                .file(file), flags: request.descriptorFlags,
                rights: request.rights.intersection(hasPosition ? .applicableToFiles : .applicableToStreams))
        }
    }
}
