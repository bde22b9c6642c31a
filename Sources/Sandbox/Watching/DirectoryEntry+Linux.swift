import Platform

/// What a directory says of one of the names in it.
struct DirectoryEntry {
    let name: String
    /// `DT_DIR`, `DT_REG` and so on.
    let type: Int

    /// The entries of a directory but for itself and its parent; `nil` if it cannot be read.
    static func entries(ofDirectory path: String) -> [DirectoryEntry]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var entries: [DirectoryEntry] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != "." && name != ".." else { continue }
            var type = Int(entry.pointee.d_type)
            if type == Int(DT_UNKNOWN) { type = self.type(ofItemAt: path + "/" + name) }
            entries.append(DirectoryEntry(name: name, type: type))
        }
        return entries
    }

    /// What directories say of what is at a path, which not all file systems let them do. Links are not followed.
    static func type(ofItemAt path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return Int(DT_UNKNOWN) }
        return switch status.st_mode & S_IFMT {
        case S_IFDIR: Int(DT_DIR)
        case S_IFLNK: Int(DT_LNK)
        case S_IFREG: Int(DT_REG)
        default: Int(DT_UNKNOWN)
        }
    }
}
