import Foundation

/// What a directory says of one of the names in it.
struct DirectoryEntry {
    let name: String
    /// `DT_DIR`, `DT_REG` and so on; `DT_UNKNOWN` where the file system does not tell.
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
            entries.append(DirectoryEntry(name: name, type: Int(entry.pointee.d_type)))
        }
        return entries
    }
}
