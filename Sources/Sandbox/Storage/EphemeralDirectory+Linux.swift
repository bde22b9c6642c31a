import Cryptography
import Platform

/// The directories of sandboxes that keep nothing: one for each, among the system's temporary files, under a name by
/// which others find those of a project.
enum EphemeralDirectory {
    /// The directory cannot be made.
    struct Unusable: Error, CustomStringConvertible {
        let path: String
        let code: Int32

        var description: String {
            "cannot make a directory like \(path): \(SystemError.reason(code)). Set TMPDIR to another place."
        }
    }

    /// The name of the store in it.
    static let storeName = "bindles.sqlite"
    /// What has no lock for so long is not about to get one, in seconds.
    private static let patience = 60

    /// Makes one, and removes what sandboxes that were killed have left.
    static func make(forProject directory: String) throws(Unusable) -> String {
        removeAbandoned()
        let template = "\(temporaryDirectory)/\(prefix(forProject: directory))XXXXXX"
        var bytes = Array(template.utf8CString)
        guard mkdtemp(&bytes) != nil else { throw Unusable(path: template, code: errno) }
        return String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The stores in those of a project whose sandboxes run.
    static func stores(ofProject directory: String) -> [String] {
        directories(prefix(forProject: directory)).map { "\($0)/\(storeName)" }.filter { SandboxLock.isHeld(store: $0) }
    }

    private static var temporaryDirectory: String {
        let path = FilePath.temporaryDirectory
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    private static var userPrefix: String { "hippo-dev-\(geteuid())-" }

    private static func prefix(forProject directory: String) -> String {
        userPrefix + SHA256.hash(Array(directory.utf8)).hex.prefix(16) + "-"
    }

    /// The directories of this user whose names begin so. Others may make what looks like one.
    private static func directories(_ prefix: String) -> [String] {
        let parent = temporaryDirectory
        return (DirectoryEntry.entries(ofDirectory: parent) ?? []).map(\.name).filter { $0.hasPrefix(prefix) }.sorted()
            .map { "\(parent)/\($0)" }
            .filter { path in
                var status = stat()
                return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
            }
    }

    private static func removeAbandoned() {
        for path in directories(userPrefix) {
            let store = "\(path)/\(storeName)"
            // A sandbox writes into its lock's file when it has the lock. An empty one may be about to be locked.
            let hasHadLock = (FileStatus(linkAt: SandboxLock.path(ofStore: store))?.size ?? 0) > 0
            var status = stat()
            guard hasHadLock || stat(path, &status) == 0 && time(nil) - status.st_mtim.tv_sec > patience,
                !SandboxLock.isHeld(store: store)
            else { continue }
            try? Directories.removeTree(path)
        }
    }
}
