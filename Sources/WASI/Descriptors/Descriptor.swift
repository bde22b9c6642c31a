/// One of a guest's descriptors: what it refers to, and what is told of it.
struct Descriptor {
    enum Resource {
        case directory(any OpenDirectory)
        case file(any OpenFile)
        case stream(StandardStream)
    }

    let resource: Resource
    /// The path by which a guest knows a preopen; `nil` for other descriptors.
    let preopenPath: String?
    var flags: DescriptorFlags
    /// What the guest said that it would do with this descriptor.
    private(set) var rights: Rights
    /// What the guest said that it would do with descriptors that are opened through this one.
    private(set) var inheritingRights: Rights

    init(
        _ resource: Resource, preopenPath: String? = nil, flags: DescriptorFlags = [], rights: Rights,
        inheritingRights: Rights = []
    ) {
        self.resource = resource
        self.preopenPath = preopenPath
        self.flags = flags
        self.rights = rights
        self.inheritingRights = inheritingRights
    }

    /// Gives rights up; none can be gained. What can be done stays the same.
    mutating func narrow(to rights: Rights, inheriting: Rights) throws(ErrorNumber) {
        guard self.rights.isSuperset(of: rights), inheritingRights.isSuperset(of: inheriting) else { throw .notCapable }
        self.rights = rights
        inheritingRights = inheriting
    }

    var status: FileStatus {
        get throws(ErrorNumber) {
            switch resource {
            case .directory(let directory): try directory.status()
            case .file(let file): try file.status()
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

    /// The file, for what only a file can do that has a position.
    var file: any OpenFile {
        get throws(ErrorNumber) {
            switch resource {
            case .directory: throw .badDescriptor
            case .file(let file): return file
            case .stream(let stream):
                guard let file = stream.file, stream.isSeekable else { throw .illegalSeek }
                return file
            }
        }
    }
}
