import Glibc

/// A directory that a guest has open: a preopen, or one that it opened by its path.
final class Directory {
    private enum Source {
        case shared(SharedDirectory)
        case own(HostDescriptor)
    }

    private let source: Source
    /// Whether nothing below it may be changed.
    let isReadOnly: Bool
    /// The path by which a guest knows a preopen; `nil` for other directories.
    let preopenPath: String?
    private var listing: DirectoryListing?

    init(preopen: Preopen) {
        source = .shared(preopen.root)
        isReadOnly = preopen.access == .readOnly
        preopenPath = preopen.guestPath
    }

    init(_ descriptor: HostDescriptor, isReadOnly: Bool) {
        source = .own(descriptor)
        self.isReadOnly = isReadOnly
        preopenPath = nil
    }

    /// The directory's descriptor, opened now if this is the first use of a preopen.
    func descriptor() throws(ErrorNumber) -> HostDescriptor {
        switch source {
        case .shared(let directory): try directory.descriptor()
        case .own(let descriptor): descriptor
        }
    }

    /// The entries from the one at `cookie` on.
    func entries(from cookie: UInt64) throws(ErrorNumber) -> DirectoryListing {
        if let listing {
            try listing.seek(to: cookie)
            return listing
        }
        let opened = try DirectoryListing(of: descriptor().number)
        listing = opened
        try opened.seek(to: cookie)
        return opened
    }

    func refuseChanges() throws(ErrorNumber) {
        if isReadOnly { throw .readOnlyFileSystem }
    }
}
