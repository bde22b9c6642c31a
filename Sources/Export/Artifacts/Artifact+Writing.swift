package import Archive
import Content
package import Cryptography
import Platform

extension Artifact {
    /// What an archive is known by.
    package struct Digest: Hashable, Sendable {
        package let sha256: SHA256Digest
        /// The bytes of the archive.
        package let size: Int

        /// As Nomad takes it.
        package var checksum: String { "sha256:\(sha256.hex)" }
    }

    /// Writes an archive, gzip-compressed tar.
    ///
    /// - Parameters:
    ///   - part: Counted from 1.
    ///   - sink: Takes the bytes in their order.
    /// - Returns: what the archive is known by.
    /// - Throws: if a file has other bytes than its bindle says, and whatever the sink throws.
    @discardableResult
    package func write(part: Int = 1, to sink: @escaping ByteSink) throws -> Digest {
        let measure = Measure(sink)
        let gzip = try GzipWriter { try measure.write($0) }
        let tar = TarWriter { try gzip.write($0) }
        try add(parts[part - 1], to: tar)
        try tar.finish()
        try gzip.finish()
        return measure.digest
    }

    /// Adds files with the directories that they are in.
    ///
    /// - Parameter directory: where they are to be in the archive; `nil` for its root.
    func add(_ files: [File], below directory: RelativePath? = nil, to tar: TarWriter) throws {
        let prefix = directory.map { "\($0)/" } ?? ""
        var directories: Set<RelativePath> = []
        for file in files {
            let path = try RelativePath(prefix + file.path.string)
            for directory in path.ancestors where directories.insert(directory).inserted {
                try tar.begin(TarEntry(path: directory.string, kind: .directory))
            }
            try tar.begin(TarEntry(path: path.string, kind: .file, size: Int64(file.size)))
            switch file.source {
            case .bytes(let bytes): try bytes.withUnsafeBytes { try tar.write($0) }
            case .content(let expected, let name):
                try content.open(expected, named: name).forEachChunk(of: expected, named: name) { try tar.write($0) }
            }
        }
    }

    /// What an archive is known by, without keeping it.
    package func digest(part: Int) throws -> Digest { try write(part: part) { _ in } }

    /// Counts and digests what passes.
    private final class Measure {
        private let sink: ByteSink
        private var hash = SHA256()
        private var size = 0

        init(_ sink: @escaping ByteSink) { self.sink = sink }

        func write(_ bytes: UnsafeRawBufferPointer) throws {
            hash.update(bytes)
            size += bytes.count
            try sink(bytes)
        }

        var digest: Digest { Digest(sha256: hash.finalize(), size: size) }
    }
}
