import Bindle
import Content
import HTTP
import Platform

/// The files of a directory of the host, with the digests that they have now.
struct StaticDirectory {
    /// In no order.
    let files: [(path: RelativePath, file: ContentFile)]
    /// What is in the directory and cannot be served.
    let warnings: [String]

    init(_ directory: String) throws(LoadError) {
        var walk = Walk(directory)
        do throws(SystemError) { try walk.read("") } catch {
            throw LoadError("the files to serve cannot be found: \(error)", file: directory)
        }
        // Nobody knows when a content came under its name. A time that is that of another app would have clients keep what
        // has changed: so it is always a new one.
        let now = SystemTime().nanosecondsSince1970
        var files: [(path: RelativePath, file: ContentFile)] = []
        let digests = SHA256.hash(filesAt: walk.paths.map { "\(directory)/\($0)" })
        for (path, result) in zip(walk.paths, digests) {
            do throws(FileReadError) {
                let (digest, size) = try result.get()
                files.append(
                    (
                        path,
                        ContentFile(
                            digest: digest, size: size, mediaType: MediaType.forPath(path.string), modificationTime: now
                        )
                    ))
            } catch {
                throw LoadError("\(error)", file: directory)
            }
        }
        self.files = files
        warnings = walk.warnings
    }

    /// Finds the names of the files.
    private struct Walk {
        private let directory: String
        private(set) var paths: [RelativePath] = []
        private(set) var warnings: [String] = []

        init(_ directory: String) { self.directory = directory }

        /// - Parameter prefix: What the names begin with: nothing, or a directory with its slash.
        mutating func read(_ prefix: String) throws(SystemError) {
            for name in try Directories.names(in: "\(directory)/\(prefix)") {
                let path = prefix + name
                guard let status = FileStatus(linkAt: "\(directory)/\(path)"),
                    let relative = RelativePath(validating: path)
                else {
                    warnings.append("\(directory): \(path.debugDescription) is left out: it has no name that is text")
                    continue
                }
                switch status.kind {
                case .directory: try read(path + "/")
                case .regular: paths.append(relative)
                case .symbolicLink, .other:
                    warnings.append("\(directory): '\(path)' is left out: it is a link or a device, and no file")
                }
            }
        }
    }
}
