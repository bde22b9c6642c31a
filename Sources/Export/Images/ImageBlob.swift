import Archive
import Cryptography
import JSON

/// Bytes that an image refers to by their digest.
struct ImageBlob: Sendable {
    let sha256: SHA256Digest
    let size: Int
    /// Writes the bytes, which are the same each time.
    let write: @Sendable (@escaping ByteSink) throws -> Void

    /// Bytes that are at hand.
    init(_ bytes: [UInt8]) {
        sha256 = SHA256.hash(bytes)
        size = bytes.count
        write = { sink in try bytes.withUnsafeBytes(sink) }
    }

    /// Bytes whose digest is known.
    init(sha256: SHA256Digest, size: Int, _ write: @escaping @Sendable (@escaping ByteSink) throws -> Void) {
        (self.sha256, self.size, self.write) = (sha256, size, write)
    }

    /// Bytes that are written once to know their digest.
    init(_ write: @escaping @Sendable (@escaping ByteSink) throws -> Void) throws {
        var hash = SHA256()
        var count = 0
        try write { bytes in
            hash.update(bytes)
            count += bytes.count
        }
        self.init(sha256: hash.finalize(), size: count, write)
    }

    /// How others refer to it (OCI image specification 1.1, "Content Descriptors").
    func descriptor(_ mediaType: String, annotations: JSONObject? = nil) -> JSONObject {
        var object: JSONObject = [
            "mediaType": .string(mediaType), "digest": .string("sha256:\(sha256.hex)"), "size": .integer(size),
        ]
        object["annotations"] = annotations.map { .object($0) }
        return object
    }
}
