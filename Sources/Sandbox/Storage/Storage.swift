import Bindle
import Platform
import Synchronization

/// Where a sandbox keeps its store and its cache.
final class Storage: Sendable {
    /// The store's file.
    let path: String
    /// For what WAGI processes keep from one to the next.
    let cacheDirectory: String
    /// The parcels that WAGI processes find as files.
    var parcels: ParcelDirectory { ParcelDirectory(inCache: cacheDirectory) }
    /// The file that keeps the digests of the project's files, if anything is kept.
    let digestsPath: String?
    /// The file that keeps what is known of the build command's outputs, if anything is kept.
    var buildOutputsPath: String? { digestsPath.map { $0.dropLast("digests".count) + "build-outputs" } }
    /// The claim on the store, by which others find the sandbox.
    var lock: SandboxLock? { claim.withLock { $0 } }
    private let claim = Mutex<SandboxLock?>(nil)
    private let temporaryDirectory: String?
    /// Whether the store goes with the sandbox.
    var isTemporary: Bool { temporaryDirectory != nil }

    /// Makes the directories that are needed, and claims the store.
    init(_ storage: SandboxSettings.Storage?, projectDirectory: String) throws {
        switch storage {
        case .temporary:
            let directory = try EphemeralDirectory.make(forProject: projectDirectory)
            temporaryDirectory = directory
            path = directory + "/" + EphemeralDirectory.storeName
            cacheDirectory = directory + "/cache"
            digestsPath = nil
        case .file(let file):
            let directory = FilePath.parent(file)
            try Self.make(directory)
            temporaryDirectory = nil
            path = file
            cacheDirectory = file + ".cache"
            digestsPath = cacheDirectory + "/digests"
        case nil:
            let directory = Self.directory(ofProject: projectDirectory)
            try Self.makeProjectsOwn(directory)
            temporaryDirectory = nil
            path = directory + "/bindles.sqlite"
            cacheDirectory = directory + "/cache"
            digestsPath = directory + "/digests"
        }
        try claimStore()
        try Self.make(cacheDirectory)
        try parcels.make()
    }

    /// Makes the directories again, and claims the store, after they were removed.
    func restore() throws {
        let directory = FilePath.parent(path)
        if cacheDirectory == directory + "/cache", !isTemporary {
            try Self.makeProjectsOwn(directory)
        } else {
            try Self.make(directory)
        }
        try Self.make(cacheDirectory)
        try parcels.make()
        try claimStore()
        // The log goes on in it.
        let log = ProjectStore.log(ofStore: path)
        if FileStatus(path: log) == nil { try? FileWriter.write("", to: log) }
    }

    private func claimStore() throws {
        // The claim before may be on a file that is there no more, or on the same one.
        claim.withLock { $0 = nil }
        let new = try SandboxLock(store: path)
        claim.withLock { $0 = new }
    }

    /// A directory for the store cannot be made.
    struct Unusable: Error, CustomStringConvertible {
        let path: String
        let error: SystemError

        var description: String {
            "cannot write \(path): \(error.reason). "
                + "Keep the store elsewhere with --store FILE, or nothing with --ephemeral."
        }
    }

    private static func make(_ directory: String) throws(Unusable) {
        do {
            try Directories.make(directory)
        } catch { throw Unusable(path: directory, error: error) }
    }

    /// Makes a project's own directory.
    private static func makeProjectsOwn(_ directory: String) throws(Unusable) {
        try make(directory)
        // Nothing in it is for version control.
        let ignoring = directory + "/.gitignore"
        guard FileStatus(path: ignoring) == nil else { return }
        do {
            try FileWriter.write("*\n", to: ignoring)
        } catch { throw Unusable(path: ignoring, error: error) }
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
        try? Directories.removeTree(temporaryDirectory)
    }
}
