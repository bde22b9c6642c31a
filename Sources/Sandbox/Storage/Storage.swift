import Foundation

/// Where a sandbox keeps its store and its cache.
final class Storage: Sendable {
    /// The store's file.
    let path: String
    /// For what WAGI processes keep from one to the next.
    let cacheDirectory: String
    /// The claim on a store that is kept; a temporary one needs none.
    let lock: SandboxLock?
    private let temporaryDirectory: String?
    /// Whether the store goes with the sandbox.
    var isTemporary: Bool { temporaryDirectory != nil }

    /// Makes the directories that are needed, and claims the store.
    init(_ storage: SandboxSettings.Storage?, projectDirectory: String) throws {
        let files = FileManager.default
        switch storage {
        case .temporary:
            let directory = files.temporaryDirectory.appendingPathComponent("hippo-dev-\(UUID().uuidString)").path
            try files.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            temporaryDirectory = directory
            path = directory + "/bindles.sqlite"
            cacheDirectory = directory + "/cache"
            lock = nil
        case .file(let file):
            let directory = URL(fileURLWithPath: file).deletingLastPathComponent().path
            try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
            temporaryDirectory = nil
            path = file
            cacheDirectory = file + ".cache"
            lock = try SandboxLock(store: file)
        case nil:
            let directory = projectDirectory + "/.hippo"
            try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
            // Nothing in it is for version control.
            if !files.fileExists(atPath: directory + "/.gitignore") {
                try Data("*\n".utf8).write(to: URL(fileURLWithPath: directory + "/.gitignore"))
            }
            temporaryDirectory = nil
            path = directory + "/bindles.sqlite"
            cacheDirectory = directory + "/cache"
            lock = try SandboxLock(store: path)
        }
        try files.createDirectory(atPath: cacheDirectory, withIntermediateDirectories: true)
    }

    /// Removes what is temporary.
    func remove() {
        guard let temporaryDirectory else { return }
        try? FileManager.default.removeItem(atPath: temporaryDirectory)
    }
}
