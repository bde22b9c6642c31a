package import Content
import Cryptography

extension OpenContent {
    /// Hands on all bytes, and checks at the end that they have the digest that they should.
    ///
    /// - Parameter name: what people call the content, for messages.
    /// - Throws: `ContentError.damaged` if they are others, `.unreadable`, and whatever `receive` throws.
    package func forEachChunk(
        of file: ContentFile, named name: String, _ receive: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var hash = SHA256()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var offset = 0
        guard size == file.size else { throw ContentError.damaged(name: name) }
        while offset < size {
            let count = try read(at: offset, into: buffer, named: name)
            let chunk = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(chunk)
            try receive(chunk)
            offset += count
        }
        guard hash.finalize() == file.digest else { throw ContentError.damaged(name: name) }
    }
}
