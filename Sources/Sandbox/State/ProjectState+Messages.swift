import Content
import Cryptography
import SandboxProtocol

/// Names a request to bring a revision back.
struct RollbackID: Hashable, Sendable {
    let number: Int
}

/// What the state has to know of the files that the build command reads.
struct BuildFiles {
    /// The digest of a file, by its path relative to the project; `nil` if there is none.
    let digest: (_ path: RelativePath) -> SHA256Digest?
    /// The names of all build inputs in a scope, with the digests of those that are quickly read.
    let names: (_ scope: WatchScope) -> [RelativePath: SHA256Digest?]
    /// The lock that git has on the repository of the project, if it has one now.
    let repositoryLock: () -> RepositoryLock?
}

extension ProjectState {
    /// What the state is told: what happens outside, and what has come of its effects.
    enum Message: Sendable {
        /// Everything is there to begin with.
        case started
        /// A deadline has passed.
        case tick
        /// - seen: when the watcher saw the changes.
        case changed(FileWatcher.Changes, ticket: UInt64, seen: Instant)
        /// Somebody asks for a rebuild, whether anything has changed or not.
        case rebuild
        /// These files matter from now on.
        case scopeChanged(WatchScope)
        case settingsRead(Result<ReadSettings, Failure>)
        /// Something failed that nothing else is known to have caused.
        case failed(Failure)
        /// All changes that were made before `catchUp` have been told.
        case caughtUp
        case buildNotStarted(number: Int, Failure)
        /// All changes that the build has made have been told before.
        case buildEnded(number: Int, BuildEnd)
        case assembled(Assembly, Duration)
        /// - until: when to ask again, since a file that the failure may come from is being written; `nil` if it is to be told.
        case judged(Failure, until: Instant?)
        /// The store was removed while nothing was to be done with it.
        case storeGone
        /// What is in the store is not what was written to it.
        case storeDamaged(String)
        case storageRestored(Failure?)
        case stored(StoreResult, Duration)
        /// A part of another bundle was fetched, or could not be. `isPending`: another one is still being fetched.
        case fetched(isPending: Bool)
        case loadNotStarted(String)
        case serving(revision: Int, id: String, timings: [StageTiming], isRestart: Bool)
        case loadFailed(Failure)
        case rollBack(RollbackID, revision: Int)
        /// The store has a new revision, `revision`, with the content of revision `restores`.
        case restored(RollbackID, revision: Int, restores: Int)
        case notRestored(RollbackID)
        case stop(reason: String)
    }

    struct ReadSettings: Sendable {
        let settings: SandboxSettings
        /// Whether WAGI processes are started in another way with them.
        let hasNewCommand: Bool
    }

    /// How a build ended that was not cancelled.
    struct BuildEnd: Hashable, Sendable {
        let duration: Duration
        /// `nil` if it ended well.
        let failure: Failure?
    }

    /// What has come of an expansion.
    enum Assembly: Hashable, Sendable {
        case storeIsGone
        /// A part of another bindle is being fetched.
        case waiting
        case failed(Failure)
        /// - isNew: whether the invoice differs from the one before.
        case content(id: String, isNew: Bool)
    }

    /// What has come of putting the bindle into the store.
    enum StoreResult: Hashable, Sendable {
        /// What is in the store is not what was written to it.
        case damaged(String)
        /// Parcels of other bindles are being fetched.
        case waiting
        /// A file has changed since it was read, so that all has to be done again.
        case sourceChanged
        case failed(Failure)
        /// The blob store that keeps the parcels is out of reach, for a sentence: it is tried again.
        case unavailable(String)
        /// This revision was brought back while the project was as it is now, and is still to be served.
        case pinned(Int)
        case revision(Int)
    }
}
