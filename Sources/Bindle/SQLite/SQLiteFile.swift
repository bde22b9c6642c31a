import Platform

/// SQLite's files, known by how they begin.
package enum SQLiteFile {
    package static func isOne(_ path: String) -> Bool {
        guard FileStatus(path: path)?.isRegular == true else { return false }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let magic = Array("SQLite format 3\0".utf8)
        var bytes = [UInt8](repeating: 0, count: magic.count)
        return pread(descriptor, &bytes, bytes.count, 0) == magic.count && bytes == magic
    }
}
