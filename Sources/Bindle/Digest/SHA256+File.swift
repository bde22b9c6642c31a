import Foundation
import Cryptography

/// SHA-256 and its digest are part of this module's vocabulary: parcels are addressed by them.
public typealias SHA256 = Cryptography.SHA256
public typealias SHA256Digest = Cryptography.SHA256Digest

extension SHA256 {
    /// How much of a file is read at a time: enough that a system call's cost vanishes, little enough for the
    /// second-level cache.
    private static let pieceSize = 256 * 1024

    /// The digest of the file's bytes and their number, read in pieces.
    /// - Throws: `FileReadError` naming the file.
    public static func hash(fileAt path: String) throws(FileReadError) -> (digest: SHA256Digest, size: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileReadError(path: path, code: errno) }
        defer { close(descriptor) }
        var hash = SHA256()
        var size = 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress!, buffer.count)
            if count < 0 {
                guard errno == EINTR else { throw FileReadError(path: path, code: errno) }
                continue
            }
            if count == 0 { break }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            size += count
        }
        return (hash.finalize(), size)
    }
}

/// A file that could not be read, and why.
public struct FileReadError: Error, Hashable, CustomStringConvertible {
    public let path: String
    /// The system's error number.
    public let code: Int32

    public var description: String { "cannot read \(path): \(String(cString: strerror(code)))" }
}
