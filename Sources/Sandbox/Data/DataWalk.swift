import Platform

/// The files below a directory, in the order of their paths. Links are not followed.
struct DataWalk {
    enum Kind: Hashable {
        case directory
        /// With its bytes when it was looked at.
        case file(Int64)
        case other
    }

    struct Entry: Hashable {
        /// Relative to the directory.
        let path: String
        let kind: Kind
    }

    private let root: String

    init(_ root: String) {
        self.root = root
    }

    /// Calls `body` for everything, directories before what is in them.
    func forEach(_ body: (Entry) throws -> Void) throws {
        try forEach(below: "", body)
    }

    private func forEach(below directory: String, _ body: (Entry) throws -> Void) throws {
        let place = directory.isEmpty ? root : "\(root)/\(directory)"
        for name in try Directories.names(in: place).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let path = directory.isEmpty ? name : "\(directory)/\(name)"
            // It may have gone meanwhile.
            guard let status = FileStatus(linkAt: "\(root)/\(path)") else { continue }
            if status.isDirectory {
                try body(Entry(path: path, kind: .directory))
                try forEach(below: path, body)
            } else {
                try body(Entry(path: path, kind: status.isRegular ? .file(status.size) : .other))
            }
        }
    }

    /// Hands over a file's bytes, all of one moment as far as the file's length goes; none if it has gone.
    func read(_ entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let path = "\(root)/\(entry.path)"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ELOOP { return }
            throw SystemError.last("read", path: path)
        }
        defer { close(descriptor) }
        let bytes = try FileReader.bytes(of: descriptor, path: path, limit: Self.longestFile)
        try bytes.withUnsafeBytes(body)
    }

    private static let longestFile = 1 << 30
}
