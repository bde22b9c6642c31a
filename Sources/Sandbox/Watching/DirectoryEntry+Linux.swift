import Glibc
import Platform

/// What a directory says of one of the names in it.
struct DirectoryEntry {
    let name: String
    /// `DT_DIR`, `DT_REG` and so on.
    let type: Int

    /// The entries of a directory but for itself and its parent, and names that are not UTF-8; `nil` if it cannot be read.
    ///
    /// - Parameter path: of any length.
    static func entries(ofDirectory path: String) -> [DirectoryEntry]? {
        guard let stream = DirectoryStream(path) else { return nil }
        return entries(of: stream)
    }

    /// The entries that are still to be read of an open directory.
    static func entries(of stream: consuming DirectoryStream) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = []
        while let entry = try? stream.next() {
            guard let name = String(validating: entry.name, as: UTF8.self) else { continue }
            let kind =
                entry.kind
                ?? entry.terminatedName.withMemoryRebound(to: CChar.self) {
                    FileStatus(directory: stream.descriptor, name: $0.baseAddress!)?.kind
                }
            entries.append(DirectoryEntry(name: name, type: type(of: kind)))
        }
        return entries
    }

    /// What directories say of what is at a path, which not all file systems let them do. Links are not followed.
    static func type(ofItemAt path: String) -> Int { type(of: LongPath.status(path, followsLinks: false)?.kind) }

    private static func type(of kind: FileStatus.Kind?) -> Int {
        switch kind {
        case .directory: Int(DT_DIR)
        case .symbolicLink: Int(DT_LNK)
        case .regular: Int(DT_REG)
        case .other, nil: Int(DT_UNKNOWN)
        }
    }
}
