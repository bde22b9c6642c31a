import Bindle

import Platform
import Synchronization

/// Where a sandbox keeps its store, and what it knows of the project.
final class Storage: Sendable {
    /// The store's file.
    let path: String
    /// Whether the store is in the project's own directory for it.
    private let isProjectsOwn: Bool
    /// The file that keeps the digests of the project's files, if anything is kept.
    let digestsPath: String?
    /// The file that keeps what is known of the build command's outputs, if anything is kept.
    var buildOutputsPath: String? { digestsPath.map { $0.dropLast("digests".count) + "build-outputs" } }
    private let claim = Mutex(Claim())
    private let temporaryDirectory: String?
    /// Whether the store goes with the sandbox.
    var isTemporary: Bool { temporaryDirectory != nil }

    /// The claim on the store, and what it tells those who ask for the store.
    private struct Claim {
        var lock: SandboxLock?
        var sandbox: RunningSandbox?
    }

    /// Makes the directories that are needed, and claims the store.
    init(_ storage: SandboxSettings.Storage?, projectDirectory: String) throws {
        switch storage {
        case .temporary:
            let directory = try EphemeralDirectory.make(forProject: projectDirectory)
            temporaryDirectory = directory
            path = directory + "/" + EphemeralDirectory.storeName
            isProjectsOwn = false
            digestsPath = nil
        case .file(let file):
            let directory = FilePath.parent(file)
            try Self.make(directory)
            temporaryDirectory = nil
            path = file
            isProjectsOwn = false
            digestsPath = file + ".digests"
        case nil:
            let directory = Self.directory(ofProject: projectDirectory)
            try Self.makeProjectsOwn(directory)
            temporaryDirectory = nil
            path = directory + "/bindles.sqlite"
            isProjectsOwn = true
            digestsPath = directory + "/digests"
        }
        try PrivateFiles.checkFiles(ofStore: path)
        try claimStore()
        makeStoreFile()
        removeCacheOfEarlierVersions()
    }

    /// Version 0.1.0 kept copies of all contents beside the store.
    private func removeCacheOfEarlierVersions() {
        let directory = FilePath.parent(path)
        let cache = isProjectsOwn ? directory + "/cache" : path + ".cache"
        guard FileStatus(path: cache + "/parcels")?.isDirectory == true else { return }
        SystemThread.detach(name: "cleaning") { try? Directories.removeTree(cache) }
    }

    /// Makes the directories again, and claims the store, after they were removed.
    func restore() throws {
        let directory = FilePath.parent(path)
        if isProjectsOwn {
            try Self.makeProjectsOwn(directory)
        } else {
            try Self.make(directory)
        }
        removeRemains()
        try claimStore()
        makeStoreFile()
        // The log goes on in it.
        let descriptor = PrivateFiles.open(ProjectStore.log(ofStore: path), O_WRONLY | O_CREAT)
        if descriptor >= 0 { close(descriptor) }
    }

    /// Makes the store's file for this user alone before SQLite does as the umask says. Its companions are made like it.
    private func makeStoreFile() {
        let descriptor = PrivateFiles.open(path, O_RDWR | O_CREAT | O_EXCL)
        if descriptor >= 0 { close(descriptor) }
    }

    /// SQLite's write-ahead log, and the index of it.
    private var log: String { path + "-wal" }
    private var index: String { path + "-shm" }

    /// Removes what is left of a store that has lost a part: it would be taken for a part of the new one.
    private func removeRemains() {
        // What has been emptied cannot be filled again while another process reads it.
        let isEmpty = FileStatus(path: path)?.size == 0
        if isEmpty { unlink(path) }
        guard isEmpty || FileStatus(path: path) == nil || FileStatus(path: log) == nil else { return }
        for part in [log, index] { unlink(part) }
    }

    private func claimStore() throws {
        // The claim before may be on a file that is there no more, or on the same one.
        claim.withLock { $0.lock = nil }
        let new = try SandboxLock(store: path)
        claim.withLock { claim in
            claim.lock = new
            if let sandbox = claim.sandbox { new.announce(sandbox) }
        }
    }

    /// Claims the store again if the claim's file was removed, and the store was not.
    ///
    /// Not to be called while somebody may be removing the store's directory: the file would be in the way.
    func keepClaim() {
        guard claim.withLock({ $0.lock?.isLost ?? true }), FileStatus(path: path) != nil else { return }
        // Where it cannot be claimed, it is served all the same.
        try? claimStore()
    }

    /// Tells others who ask for the store where the sandbox serves, and what it keeps: now, and in each claim after this one.
    func announce(_ sandbox: RunningSandbox) {
        claim.withLock { claim in
            claim.sandbox = sandbox
            claim.lock?.announce(sandbox)
        }
    }

    /// A directory for the store cannot be made.
    struct Unusable: Error, CustomStringConvertible {
        let path: String
        let error: SystemError
        /// Whether it is for a sandbox that starts, which can keep its store elsewhere.
        var isOfStart = true

        var description: String {
            "cannot write \(path): \(error.reason)"
                + (isOfStart ? ". Keep the store elsewhere with --store FILE, or nothing with --ephemeral." : "")
        }
    }

    /// Makes the directory that a named store is in, which is whoever's it is.
    private static func make(_ directory: String) throws(Unusable) {
        do {
            try Directories.make(directory)
        } catch { throw Unusable(path: directory, error: error) }
    }

    /// Makes a project's own directory.
    private static func makeProjectsOwn(_ directory: String) throws {
        try PrivateFiles.makeDirectory(directory, isOfStart: true)
        // Nothing in it is for version control.
        let ignoring = directory + "/.gitignore"
        guard FileStatus(linkAt: ignoring) == nil else { return }
        guard PrivateFiles.replace(ignoring, with: Array("*\n".utf8)) else {
            throw Unusable(path: ignoring, error: .last("write", path: ignoring))
        }
    }

    /// The file of the store that these settings mean; `nil` for a temporary one.
    static func file(_ storage: SandboxSettings.Storage?, projectDirectory: String) -> String? {
        switch storage {
        case .temporary: nil
        case .file(let file): file
        case nil: directory(ofProject: projectDirectory) + "/bindles.sqlite"
        }
    }

    /// A directory for what is on its way into the store, which the sandbox alone uses: one that no project has files in.
    var scratchDirectory: String {
        isProjectsOwn || isTemporary ? FilePath.parent(path) : FilePath.temporaryDirectory
    }

    static func directory(ofProject directory: String) -> String { directory + "/.hippo" }

    /// Removes what is temporary.
    func remove() {
        guard let temporaryDirectory else { return }
        try? Directories.removeTree(temporaryDirectory)
    }
}
