package import Cryptography
import Dispatch
import Synchronization

/// SHA-256 and its digest are part of this module's vocabulary: parcels are addressed by them.
package typealias SHA256 = Cryptography.SHA256
package typealias SHA256Digest = Cryptography.SHA256Digest

extension SHA256 {
    /// How much of a file is read at a time: enough that a system call's cost vanishes, little enough for the
    /// second-level cache.
    private static let pieceSize = 256 * 1024

    /// The digest of the file's bytes and their number, read in pieces.
    /// - Throws: `FileReadError` naming the file.
    package static func hash(fileAt path: String) throws(FileReadError) -> (digest: SHA256Digest, size: Int) {
        let file = try SequentialFile(path: path)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 64)
        defer { buffer.deallocate() }
        var hash = SHA256()
        var size = 0
        while true {
            let count = try file.read(filling: buffer)
            if count == 0 { break }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            size += count
        }
        return (hash.finalize(), size)
    }

    /// The digests and sizes of many files, in their order, worked out on all cores.
    package static func hash(
        filesAt paths: [String]
    ) -> [Result<(digest: SHA256Digest, size: Int), FileReadError>] {
        let results = Mutex<[Int: Result<(digest: SHA256Digest, size: Int), FileReadError>]>([:])
        DispatchQueue.concurrentPerform(iterations: paths.count) { index in
            let result = Result { () throws(FileReadError) in try hash(fileAt: paths[index]) }
            results.withLock { $0[index] = result }
        }
        return results.withLock { results in paths.indices.map { results[$0]! } }
    }
}
