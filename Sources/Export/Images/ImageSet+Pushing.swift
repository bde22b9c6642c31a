import HTTP
package import OCI
import Platform

extension ImageSet {
    /// Puts the images into a repository of a registry, each under its own name.
    ///
    /// - Parameters:
    ///   - repository: whose tag is taken only where there is one image, and `tag` is nil.
    ///   - tag: the name of the one image there is, in place of its own.
    ///   - directory: Where there is room for a blob.
    /// - Returns: where they are.
    package func push(
        to repository: ImageReference, tag: String? = nil, with client: RegistryClient,
        directory: String = FilePath.temporaryDirectory
    ) throws -> [ImageReference] {
        guard tag == nil || manifests.count == 1 else {
            throw ExportError("the app has \(manifests.count) modules, which have names of their own: give no tag")
        }
        for blob in blobs {
            let file = try Self.file(of: blob, in: directory)
            try client.push(
                blob: "sha256:\(blob.sha256.hex)", to: repository, .file(file, 0..<Int64(blob.size)))
        }
        return try manifests.map { manifest in
            let reference = try repository.with(tag: tag ?? manifest.tag)
            var bytes: [UInt8] = []
            try manifest.blob.write { bytes += $0 }
            try client.push(manifest: bytes, type: ImageMediaType.manifest, as: reference)
            return reference
        }
    }

    /// A file without a name that has a blob's bytes: a request may have to be sent twice.
    private static func file(of blob: ImageBlob, in directory: String) throws -> OpenFile {
        let path = "\(directory)/.hippo-dev-\(getpid())-\(UInt32.random(in: 0...(.max))).blob"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemError.last("write", path: path) }
        unlink(path)
        do {
            try blob.write { try FileWriter.write($0, to: descriptor, path: path) }
        } catch {
            close(descriptor)
            throw error
        }
        return try OpenFile(adopting: descriptor)
    }
}
