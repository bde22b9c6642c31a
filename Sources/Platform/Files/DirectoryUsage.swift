#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How much is below a directory. Links are not followed; a file with several names counts once.
package struct DirectoryUsage: Hashable, Sendable {
    /// What a name of anything costs, in bytes: about what a file system needs to keep it. Without it, nothing would bound
    /// the number of empty files.
    package static let costOfName: Int64 = 512

    /// Files, by names.
    package private(set) var files = 0
    /// Names of all kinds.
    package private(set) var names = 0
    /// The lengths of all files, holes included, in bytes.
    package private(set) var length: Int64 = 0

    /// What a limit counts, in bytes.
    package var cost: Int64 { length + Int64(names) * Self.costOfName }

    /// Looks at everything below `path` now. What cannot be read, and what goes meanwhile, is left out.
    package init(of path: String) {
        if let stream = DirectoryStream(path) { add(stream) }
    }

    /// Looks at everything below a directory that is open, for whatever.
    package init(ofDirectory descriptor: Int32) {
        let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if own >= 0, let stream = DirectoryStream(adopting: own) { add(stream) }
    }

    private mutating func add(_ stream: consuming DirectoryStream) {
        var linked: Set<FileID> = []
        add(stream, &linked)
    }

    private mutating func add(_ stream: consuming DirectoryStream, _ linked: inout Set<FileID>) {
        var stream = stream
        while let entry = try? stream.next() {
            let place = stream.descriptor
            let isDirectory = entry.terminatedName.withMemoryRebound(to: CChar.self) { name -> Bool in
                guard let name = name.baseAddress, let status = FileStatus(directory: place, name: name) else {
                    return false
                }
                names += 1
                if status.isRegular {
                    files += 1
                    if status.linkCount == 1 || linked.insert(status.id).inserted { length += status.size }
                }
                return status.isDirectory
            }
            guard isDirectory else { continue }
            let descriptor = entry.terminatedName.withMemoryRebound(to: CChar.self) { name in
                openat(place, name.baseAddress!, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            guard descriptor >= 0, let below = DirectoryStream(adopting: descriptor) else { continue }
            add(below, &linked)
        }
    }
}
