import Archive
import Hippofacts
import Platform

/// The directory that handlers have as `/data`: it outlives revisions, and is never part of a bundle.
///
/// See Data.md in Sandbox.docc.
package struct DataDirectory: Hashable, Sendable {
    /// Why it cannot be used.
    package struct Unusable: Error, CustomStringConvertible {
        package let description: String
    }

    /// Absolute.
    package let path: String
    /// Whether the project's own settings name it, and not the person at the keyboard.
    private let isOfProject: Bool

    init(path: String, isOfProject: Bool) {
        self.path = path
        self.isOfProject = isOfProject
    }

    /// A directory that the command line names, relative to the working directory.
    package init(given path: String) {
        self.init(path: FilePath.absolute(path), isOfProject: false)
    }

    /// The directory of a channel of the project's own app, beside this one.
    ///
    /// - Parameter name: one that a channel may have (`ChannelChange.isName`), as every name in a store is.
    package func ofChannel(named name: String) -> DataDirectory {
        DataDirectory(path: "\(channelsPath)/\(name)", isOfProject: isOfProject)
    }

    /// Where those of channels are.
    var channelsPath: String { path + ".channels" }

    /// The directory of a project, as `hippo-dev up` would have it; `nil` if there is none.
    ///
    /// - Parameter given: what the command line names, relative to the working directory.
    package init?(ofProject path: String, given: String?) throws {
        if let given {
            self.init(given: given)
            return
        }
        let project = try Project(at: path)
        guard let directory = try SettingsFile.read(inProject: project.directory).data else { return nil }
        self = directory
    }

    /// Makes the directory, if it is not there.
    ///
    /// A link that the project brings along is refused: whoever wrote the project would choose what its handlers may
    /// write to.
    package func make() throws(Unusable) {
        if isOfProject, FileStatus(linkAt: path)?.kind == .symbolicLink {
            throw Unusable(
                description:
                    "\(path) is a symbolic link. Name the directory that it leads to by --data, if you mean it.")
        }
        do throws(SystemError) { try Directories.make(path, permissions: 0o700) } catch {
            throw Unusable(description: "The data directory cannot be made: \(error)")
        }
    }

    // MARK: Saving

    /// Writes all files to a `.tar.gz`, which appears when it is whole.
    ///
    /// - Returns: the number of files, and the paths of what is neither a file nor a directory, which is left out.
    package func save(to file: String) throws -> (files: Int, leftOut: [String]) {
        let pending = "\(file).\(getpid()).tmp"
        let descriptor = open(pending, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError.last("write", path: pending) }
        defer {
            close(descriptor)
            unlink(pending)
        }
        let gzip = try GzipWriter { try FileWriter.write($0, to: descriptor, path: pending) }
        let tar = TarWriter { try gzip.write($0) }
        var files = 0
        var leftOut: [String] = []
        let walk = DataWalk(path)
        try walk.forEach { entry in
            switch entry.kind {
            case .directory: try tar.begin(TarEntry(path: entry.path, kind: .directory))
            case .file:
                files += 1
                try walk.read(entry) { bytes in
                    try tar.begin(TarEntry(path: entry.path, kind: .file, size: Int64(bytes.count)))
                    try tar.write(bytes)
                }
            case .other: leftOut.append(entry.path)
            }
        }
        try tar.finish()
        try gzip.finish()
        guard fsync(descriptor) == 0, rename(pending, file) == 0 else { throw SystemError.last("write", path: file) }
        return (files, leftOut)
    }

    /// Puts what `save` has written in place of what is there. Nothing changes if the archive cannot be read to its end.
    ///
    /// The directory itself stays, since processes that run have it open.
    ///
    /// - Returns: the number of files.
    package func restore(from file: String) throws -> Int {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("read", path: file) }
        defer { close(descriptor) }
        try make()
        let pending = "\(path).restoring-\(getpid())"
        try Directories.make(pending, permissions: 0o700)
        defer { try? Directories.removeTree(pending) }
        let files = try Self.unpack(descriptor, file, into: pending)
        try reset()
        for name in try Directories.names(in: pending) {
            guard rename("\(pending)/\(name)", "\(path)/\(name)") == 0 else {
                throw SystemError.last("write", path: "\(path)/\(name)")
            }
        }
        return files
    }

    private static func unpack(_ descriptor: Int32, _ file: String, into directory: String) throws -> Int {
        let gzip = GzipReader { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count >= 0 { return count }
                if errno != EINTR { throw SystemError.last("read", path: file) }
            }
        }
        // Its paths stay below the directory, and it has no links.
        let tar = TarReader { try gzip.read(into: $0) }
        var files = 0
        while let entry = try tar.next() {
            guard !entry.path.isEmpty else { continue }
            let target = "\(directory)/\(entry.path)"
            if entry.kind == .directory {
                try Directories.make(target)
                continue
            }
            try Directories.make(FilePath.parent(target))
            files += 1
            try write(tar, to: target)
        }
        return files
    }

    private static func write(_ tar: TarReader, to path: String) throws {
        let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard output >= 0 else { throw SystemError.last("write", path: path) }
        defer { close(output) }
        try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { buffer in
            while case let count = try tar.read(into: buffer), count > 0 {
                try FileWriter.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: output, path: path)
            }
        }
    }

    /// Removes all that is in it.
    package func reset() throws {
        guard FileStatus(path: path) != nil else { return }
        for name in try Directories.names(in: path) { try Directories.removeTree("\(path)/\(name)") }
    }
}
