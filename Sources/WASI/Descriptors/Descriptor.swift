/// One of a guest's descriptors: what it refers to, and what may be done with it.
struct Descriptor {
    enum Resource {
        case directory(Directory)
        case file(OpenFile)
        case stream(StandardStream)
    }

    let resource: Resource
    var flags: DescriptorFlags
    /// What may be done with this descriptor.
    private(set) var rights: Rights
    /// What may at most be done with descriptors that are opened through this one.
    private(set) var inheritingRights: Rights

    init(_ resource: Resource, flags: DescriptorFlags = [], rights: Rights, inheritingRights: Rights = []) {
        self.resource = resource
        self.flags = flags
        self.rights = rights
        self.inheritingRights = inheritingRights
    }

    /// Gives rights up; none can be gained.
    mutating func narrow(to rights: Rights, inheriting: Rights) throws(ErrorNumber) {
        guard self.rights.isSuperset(of: rights), inheritingRights.isSuperset(of: inheriting) else { throw .notCapable }
        self.rights = rights
        inheritingRights = inheriting
    }

    func require(_ needed: Rights) throws(ErrorNumber) {
        guard rights.isSuperset(of: needed) else { throw .notCapable }
    }

    var status: FileStatus {
        get throws(ErrorNumber) {
            switch resource {
            case .directory(let directory): try FileStatus(ofHostDescriptor: directory.descriptor().number)
            case .file(let file): try FileStatus(ofHostDescriptor: file.number)
            case .stream(let stream): try stream.status
            }
        }
    }

    var type: FileType {
        switch resource {
        case .directory: .directory
        case .file(let file): file.type
        case .stream(let stream): stream.type
        }
    }

    /// What a call of the host is made on, for descriptors that may have one which is neither a directory's.
    func hostNumber(needing right: Rights) throws(ErrorNumber) -> Int32 {
        switch resource {
        case .directory:
            throw .badDescriptor
        case .file(let file):
            try require(right)
            return file.number
        case .stream(let stream):
            guard let number = stream.hostNumber, stream.isSeekable else { throw .illegalSeek }
            try require(right)
            return number
        }
    }
}
