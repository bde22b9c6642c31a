package import Cryptography
package import HTTP

/// The bytes of a blob that is to be written: in memory, or in an open file.
package struct BlobContent: Sendable {
    private enum Storage: Sendable {
        case bytes([UInt8])
        case file(OpenFile)
    }

    private let storage: Storage
    /// The number of bytes.
    package let size: Int
    /// Of all bytes.
    package let digest: SHA256Digest

    package init(_ bytes: [UInt8]) {
        storage = .bytes(bytes)
        size = bytes.count
        digest = SHA256.hash(bytes)
    }

    /// - Parameter digest: That of the file's bytes, which are not to change any more.
    package init(_ file: OpenFile, digest: SHA256Digest) {
        storage = .file(file)
        size = Int(file.size)
        self.digest = digest
    }

    /// A range of the bytes as the body of a request.
    func body(_ range: Range<Int>) -> ClientRequest.Body {
        switch storage {
        case .bytes(let bytes): range.isEmpty ? .empty : .bytes(Array(bytes[range]))
        case .file(let file): .file(file, Int64(range.lowerBound)..<Int64(range.upperBound))
        }
    }

    /// The digest of a range of the bytes.
    func digest(of range: Range<Int>) throws(BlobError) -> SHA256Digest {
        if range == 0..<size { return digest }
        switch storage {
        case .bytes(let bytes): return SHA256.hash(bytes[range])
        case .file(let file):
            var hash = SHA256()
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
            defer { buffer.deallocate() }
            var offset = range.lowerBound
            while offset < range.upperBound {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<min(buffer.count, range.upperBound - offset)])
                let count: Int
                do { count = try file.read(at: Int64(offset), into: rest) } catch { throw .source("\(error)") }
                guard count > 0 else { throw .source("the file ends at byte \(offset)") }
                hash.update(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                offset += count
            }
            return hash.finalize()
        }
    }

    /// The ranges of its parts.
    /// - Parameters:
    ///   - size: Bytes of a part, at least; the last one may have less.
    ///   - limit: How many parts there may be.
    func parts(of size: Int, limit: Int) -> [Range<Int>] {
        let size = max(size, (self.size + limit - 1) / limit)
        return stride(from: 0, to: self.size, by: size).map { $0..<min($0 + size, self.size) }
    }
}
