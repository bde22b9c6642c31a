import Cryptography

/// Contents in memory.
package struct MemoryContent: ContentSource {
    private let contents: [SHA256Digest: OpenContent]

    package init(_ contents: some Sequence<[UInt8]>) {
        var byDigest: [SHA256Digest: OpenContent] = [:]
        for bytes in contents { byDigest[SHA256.hash(bytes)] = OpenContent(bytes) }
        self.contents = byDigest
    }

    package func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        guard let content = contents[file.digest] else { throw .gone(name: name) }
        return content
    }
}
