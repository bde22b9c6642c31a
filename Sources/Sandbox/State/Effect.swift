import Content
import Hippofacts
import SandboxProtocol

/// What is to be done about a message. `SandboxLoop` does it; what comes of it is a message again.
///
/// See Architecture.md in Sandbox.docc.
enum Effect: Equatable, Sendable {
    case tell(Event)
    /// Answered with `settingsRead`.
    case readSettings
    /// Lets everything work with these settings. Answered with `failed` if a part of it cannot.
    case adopt(SandboxSettings)

    /// Answered with `buildEnded` or `buildNotStarted`.
    /// - isAwaited: whether requests wait for it.
    case startBuild(number: Int, command: String, passing: Set<String>, isAwaited: Bool)
    /// A build is about to begin, and waits for git.
    case awaitBuild(isAwaited: Bool)
    /// Answered with `caughtUp`, when all changes have been told that were made before.
    case catchUp
    /// Ends the build, which is still answered with `buildEnded`.
    case cancelBuild(number: Int)
    /// Lets a process answer with the project's status until the first revision serves.
    case hold
    case noteBuildEnded
    /// A build was the last thing to do, and has changed nothing: pages need not wait for more.
    case noteIdle
    /// Keeps what has been learned of a build command, for another session.
    case rememberOutputs(Set<RelativePath>, of: String)

    /// Expands the project. Answered with `assembled`.
    /// - touched: all that has changed since the last time, if that is known.
    /// - isStoreGone: true if it is known that there is no store.
    case assemble(touched: Set<ChangedPath>?, isStoreGone: Bool)
    /// Finds out whether a file that a failure may come from is still being written. Answered with `judged`.
    case judge(Failure)
    /// Begins with an empty store in place of the one that was removed. Answered with `storageRestored`.
    case restoreStorage
    /// Puts the bindle into the store, as it was expanded last. Answered with `stored`.
    case store(isAlwaysNew: Bool, mayBePinned: Bool)
    /// Begins to load a revision. Answered with `serving`, `loadFailed` or `loadNotStarted`.
    /// - ticket: the last changes that are in it; `nil` if it is not of the project as it is now.
    case load(revision: Int, isProject: Bool, ticket: UInt64?, tellsStyleSheets: Bool)
    /// What was loaded last of the project serves.
    case noteProjectServes
    /// Something else than the project as it is serves.
    case noteOtherServes
    /// What serves is what is on the disk.
    case succeed
    /// Tells of a failure. That of a build lasts until `mendBuild`, whatever serves.
    case fail(Failure, upTo: UInt64)
    /// A build has ended well after one had failed.
    case mendBuild(upTo: UInt64)
    /// Notes in the store that the revision has served.
    case noteServed(revision: Int)

    /// Starts the process that the next revision will be given to.
    case prepareStandby

    /// Makes a revision with the content of an earlier one. Answered with `restored` or `notRestored`.
    case restore(RollbackID, revision: Int)
    case finishRollback(RollbackID, RollbackOutcome)

    case noteLibraryChange(String)
    case forgetFetchFailures
    /// Everything up to the ticket has been dealt with.
    case settle(upTo: UInt64)
    /// Ends what runs.
    case stop
}

/// What has become of a request to bring a revision back.
enum RollbackOutcome: Hashable, Sendable {
    case serves
    case notServed(String)
}
