package import Archive
import Cryptography
import JSON
import OCI
import Platform

/// Images with all that they refer to, as they are written into a layout or pushed to a registry.
///
/// The same app gives the same bytes on every machine (and, for images with a program, the same program).
package struct ImageSet: Sendable {
    /// A manifest, and the name that it is given.
    struct Manifest: Sendable {
        let blob: ImageBlob
        let tag: String
        /// What the index says of it besides.
        let platform: JSONObject?
    }

    let manifests: [Manifest]
    /// What the manifests refer to, each once.
    let blobs: [ImageBlob]

    init(_ manifests: [Manifest], _ blobs: [ImageBlob]) {
        self.manifests = manifests
        var seen: Set<SHA256Digest> = []
        self.blobs = blobs.filter { seen.insert($0.sha256).inserted }
    }

    /// What the images are called, and their digests.
    package var names: [(tag: String, digest: String)] {
        manifests.map { ($0.tag, "sha256:\($0.blob.sha256.hex)") }
    }

    // MARK: Layouts

    /// The files of a layout that say what it is (OCI image specification 1.1, "Image Layout").
    private var frame: [(path: String, bytes: [UInt8])] {
        let descriptors = manifests.map { manifest -> JSONValue in
            var descriptor = manifest.blob.descriptor(
                ImageMediaType.manifest, annotations: ["org.opencontainers.image.ref.name": .string(manifest.tag)])
            descriptor["platform"] = manifest.platform.map { .object($0) }
            return .object(descriptor)
        }
        let index: JSONObject = [
            "schemaVersion": .integer(2), "mediaType": .string(ImageMediaType.index), "manifests": .array(descriptors),
        ]
        return [
            ("index.json", Array(index.serialized.utf8)),
            ("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)),
        ]
    }

    private static let directory = "blobs/sha256"

    private var allBlobs: [ImageBlob] {
        var seen: Set<SHA256Digest> = []
        return (blobs + manifests.map(\.blob)).filter { seen.insert($0.sha256).inserted }
            .sorted { $0.sha256.hex < $1.sha256.hex }
    }

    /// Writes a layout into a directory that is made, or is empty.
    package func write(toDirectory path: String) throws {
        try Directories.make(path)
        guard try Directories.names(in: path).isEmpty else {
            throw ExportError("\(path) is there already, and is not empty")
        }
        try Directories.make("\(path)/\(Self.directory)")
        for blob in allBlobs {
            let target = "\(path)/\(Self.directory)/\(blob.sha256.hex)"
            let descriptor = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw SystemError.last("write", path: target) }
            defer { close(descriptor) }
            try blob.write { try FileWriter.write($0, to: descriptor, path: target) }
        }
        // The index comes last: with it, the layout is whole.
        for (name, bytes) in frame.reversed() { try FileWriter.write(bytes, to: "\(path)/\(name)") }
    }

    /// Writes a layout as a tar archive.
    ///
    /// - Parameter sink: Takes the bytes in their order.
    package func write(archiveTo sink: @escaping ByteSink) throws {
        let tar = TarWriter(to: sink)
        try tar.begin(TarEntry(path: "blobs", kind: .directory))
        try tar.begin(TarEntry(path: Self.directory, kind: .directory))
        for blob in allBlobs {
            try tar.begin(
                TarEntry(path: "\(Self.directory)/\(blob.sha256.hex)", kind: .file, size: Int64(blob.size)))
            try blob.write { try tar.write($0) }
        }
        for (name, bytes) in frame {
            try tar.begin(TarEntry(path: name, kind: .file, size: Int64(bytes.count)))
            try bytes.withUnsafeBytes { try tar.write($0) }
        }
        try tar.finish()
    }
}
