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
            let directory = Self.directory(ofProject: projectDirectory)
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

    /// The file of the store that these settings mean; `nil` for a temporary one.
    static func file(_ storage: SandboxSettings.Storage?, projectDirectory: String) -> String? {
        switch storage {
        case .temporary: nil
        case .file(let file): file
        case nil: directory(ofProject: projectDirectory) + "/bindles.sqlite"
        }
    }

    private static func directory(ofProject directory: String) -> String { directory + "/.hippo" }

    /// Removes what is temporary.
    func remove() {
        guard let temporaryDirectory else { return }
        try? FileManager.default.removeItem(atPath: temporaryDirectory)
    }
}
