package import Cryptography

extension OpenContent {
    /// The digest of all bytes.
    ///
    /// - Parameter name: what people call the content, for messages.
    package func digest(named name: String) throws(ContentError) -> SHA256Digest {
        if case .bytes(let bytes) = storage { return SHA256.hash(bytes) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(max(size, 1), 256 << 10), alignment: 64)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var offset = 0
        while offset < size {
            let count = try read(at: offset, into: buffer, named: name)
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += count
        }
        return hash.finalize()
    }
}
