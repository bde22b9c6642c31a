import Bindle
import Platform
import SandboxProtocol

/// A bindle's assets laid out as a directory of their own.
struct Wwwroot: Sendable {
    let path: String

    /// Lays out parcels that are in the cache.
    ///
    /// - Parameters:
    ///   - isWritable: whether guests may change the files. If not, they are links to those of the cache wherever the
    ///     file system can do that; otherwise they are copies.
    /// - Throws: for names that would leave the directory, and for two contents of one name.
    init(of labels: [Label], of id: BindleID, cache: ParcelDirectory, at path: String, isWritable: Bool) throws(LoadError) {
        self.path = path
        var placed: [String: Label] = [:]
        var directories: Set<String> = []
        try Self.makeDirectory(path)
        for label in labels {
            guard let asset = AssetPath(label.name) else {
                throw LoadError(
                    "the bindle \(id) has an asset that would leave the wwwroot: "
                        + label.name.debugDescription)
            }
            if let other = placed.updateValue(label, forKey: asset.description) {
                guard other.sha256 != label.sha256 else { continue }
                throw LoadError(
                    "the bindle \(id) has two assets named '\(label.name)' with different contents: a name can stand "
                        + "for one file only")
            }
            var directory = ""
            for component in asset.components.dropLast() {
                directory += directory.isEmpty ? component : "/\(component)"
                guard placed[directory] == nil else {
                    throw LoadError("the bindle \(id) has an asset '\(directory)', which is a directory of another")
                }
                if directories.insert(directory).inserted { try Self.makeDirectory("\(path)/\(directory)") }
            }
            guard !directories.contains(asset.description) else {
                throw LoadError("the bindle \(id) has an asset '\(label.name)', which is a directory of another")
            }
            try Self.place(cache.path(of: label), at: "\(path)/\(asset.description)", asLink: !isWritable)
        }
    }

    /// A directory that has been laid out before.
    init(existingAt path: String) {
        self.path = path
    }

    /// Makes the files what the changes say. It may be done again after it has failed half-way.
    func apply(_ changes: [LayoutPlan.Change], cache: ParcelDirectory) throws(LoadError) {
        // A file may come where a directory was, and the other way round.
        for change in changes where change.content == nil {
            guard let asset = AssetPath(change.name) else { continue }
            unlink("\(path)/\(asset.description)")
            var directory = asset.directory
            while !directory.isEmpty, rmdir("\(path)/\(directory)") == 0 {
                directory = String(directory[..<(directory.lastIndex(of: "/") ?? directory.startIndex)])
            }
        }
        for change in changes {
            guard let content = change.content else { continue }
            guard let asset = AssetPath(change.name) else {
                throw LoadError("there is an asset that would leave the wwwroot: \(change.name.debugDescription)")
            }
            let destination = "\(path)/\(asset.description)"
            let temporary = "\(path).\(getpid())-new"
            unlink(temporary)
            try Self.place("\(cache.path)/\(content.sha256)", at: temporary, asLink: true)
            if rename(temporary, destination) != 0 {
                var directory = path
                for component in asset.components.dropLast() {
                    directory += "/\(component)"
                    mkdir(directory, 0o700)
                }
                guard rename(temporary, destination) == 0 else {
                    let reason = SystemError.reason(errno)
                    unlink(temporary)
                    throw LoadError("the asset cannot be laid out: \(reason)", file: change.name)
                }
            }
            // Of two links to one file, renaming leaves both.
            unlink(temporary)
        }
    }

    private static func makeDirectory(_ path: String) throws(LoadError) {
        guard mkdir(path, 0o700) == 0 else {
            throw LoadError("the directory cannot be made: \(SystemError.reason(errno))", file: path)
        }
    }

    private static func place(_ source: String, at destination: String, asLink: Bool) throws(LoadError) {
        if asLink, link(source, destination) == 0 { return }
        do {
            let copy = open(destination, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard copy >= 0 else { throw SystemError.last("write", path: destination) }
            defer { close(copy) }
            try FileReader.forEachChunk(of: source) { chunk throws(SystemError) in
                try FileWriter.write(chunk, to: copy, path: destination)
            }
        } catch {
            let reason = (error as? SystemError)?.reason ?? "\(error)"
            throw LoadError("the asset cannot be laid out: \(reason)", file: destination)
        }
    }
}
