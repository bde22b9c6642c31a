package import Archive
package import Cryptography
import Platform

/// The program as a `.tar.gz` that is unpacked where it is to run: `hippo-dev`, and a list of the libraries that the machine
/// has to have.
package struct ProgramArchive: Sendable {
    package static let name = "hippo-dev.tar.gz"
    private static let programName = "hippo-dev"
    private static let listName = "LIBRARIES"

    private let files: ProgramFiles

    package init(_ files: ProgramFiles) {
        self.files = files
    }

    /// What the list says.
    package var list: String {
        let lines = [
            "The program hippo-dev needs these libraries of the machine that it runs on:",
            files.interpreter.map { "  \($0) (the loader)" },
        ]
        return (lines.compactMap(\.self) + files.directLibraries.sorted().map { "  \($0)" }).joined(separator: "\n")
            + "\n"
    }

    /// The digest of the archive.
    package var sha256: SHA256Digest {
        get throws {
            var hash = SHA256()
            try write { hash.update($0) }
            return hash.finalize()
        }
    }

    /// - Parameter sink: Takes the bytes in their order.
    package func write(to sink: @escaping ByteSink) throws {
        let gzip = try GzipWriter { try sink($0) }
        let tar = TarWriter { try gzip.write($0) }
        let list = Array(list.utf8)
        try tar.begin(TarEntry(path: Self.listName, kind: .file, size: Int64(list.count)))
        try list.withUnsafeBytes { try tar.write($0) }
        try tar.add(fileAt: files.program, as: Self.programName, isExecutable: true)
        try tar.finish()
        try gzip.finish()
    }
}

extension TarWriter {
    /// Adds a file of this machine.
    func add(fileAt path: String, as name: String, isExecutable: Bool) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("read", path: path) }
        defer { close(descriptor) }
        guard let status = FileStatus(descriptor: descriptor), status.isRegular else {
            throw ExportError("\(path) is no file")
        }
        try begin(TarEntry(path: name, kind: .file, size: status.size, isExecutable: isExecutable))
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < status.size {
            let wanted = Int(min(Int64(buffer.count), status.size - offset))
            let count = pread(descriptor, buffer.baseAddress, wanted, off_t(offset))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ExportError("\(path) became shorter while it was read") }
            try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
    }
}
