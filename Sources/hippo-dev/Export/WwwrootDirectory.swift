import Bindle
import Content
import Export
import Platform

/// A directory that the files of an application are written into.
struct WwwrootDirectory {
    private let path: String

    /// Makes the directory.
    ///
    /// - Throws: if there is something in it.
    init(_ path: String) throws {
        guard !path.isEmpty else { throw CommandFailure("the directory has no name") }
        self.path = path
        guard mkdir(path, 0o777) != 0 else { return }
        guard errno == EEXIST else { throw SystemError.last("make the directory", path: path) }
        guard try Directories.names(in: path).isEmpty else {
            throw CommandFailure("\(path) is there already, and is not empty")
        }
    }

    /// Writes all files, and checks that each has the digest that its bindle says.
    ///
    /// - Returns: their number.
    /// - Throws: also for names that would leave the directory, and for those that contradict each other.
    func write(_ source: ExportSource) throws -> Int {
        let assets = ApplicationParcels(source.invoice).assets
        let files = try Wwwroot.files(of: assets, in: source.invoice.id, time: { _ in 0 })
        do throws(WwwrootError) { _ = try Wwwroot(files) } catch { throw AssetError(error, in: source.invoice.id) }
        var directories: Set<RelativePath> = []
        var written: Set<RelativePath> = []
        for (name, file) in files where written.insert(name).inserted {
            try makeDirectory(name.parent, &directories)
            let target = "\(path)/\(name)"
            let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw SystemError.last("write", path: target) }
            defer { close(descriptor) }
            try source.content.open(file, named: name.string).forEachChunk(of: file, named: name.string) {
                try FileWriter.write($0, to: descriptor, path: target)
            }
        }
        return written.count
    }

    private func makeDirectory(_ directory: RelativePath?, _ made: inout Set<RelativePath>) throws {
        guard let directory, !made.contains(directory) else { return }
        try makeDirectory(directory.parent, &made)
        let target = "\(path)/\(directory)"
        guard mkdir(target, 0o777) == 0 else { throw SystemError.last("make the directory", path: target) }
        made.insert(directory)
    }
}
