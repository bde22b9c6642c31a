package import Cryptography

/// What a wwwroot has under the name of a file.
package struct ContentFile: Hashable, Sendable {
    package var digest: SHA256Digest
    /// The number of bytes.
    package var size: Int
    /// The media type without parameters, such as `text/html`.
    package var mediaType: String
    /// When this content first came under this name, in nanoseconds since 1970. It survives restarts.
    package var modificationTime: Int64

    package init(digest: SHA256Digest, size: Int, mediaType: String, modificationTime: Int64) {
        self.digest = digest
        self.size = size
        self.mediaType = mediaType
        self.modificationTime = modificationTime
    }
}
