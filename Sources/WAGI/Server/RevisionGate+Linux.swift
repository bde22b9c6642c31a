import HTTP
import Platform
import SandboxProtocol

/// Sees to it that nobody who asks after a save is answered with what was there before.
///
/// See Freshness.md in Sandbox.docc.
struct RevisionGate: Sendable {
    let board: RevisionBoard
    /// The queue of file changes. This process only asks whether it is empty; nil if the project is not watched.
    let changes: Int32?
    /// The revision that this process serves; 0 if it answers with the project's status, before there is one.
    let revision: Int
    /// How long a request that is not for a page waits for the first revision.
    var firstPatience = Duration.seconds(30)

    /// How long a request waits for what has been saved.
    static let patience = Duration.seconds(1)
    static let fieldName = "X-Hippo-Stale"

    /// Whether a request may be answered that has waited for so long.
    ///
    /// - Parameter isForStatus: Whether the status of the project is an answer to it: it asks for a page, or for what is
    ///   the sandbox's own.
    func admission(waited: Duration, isForStatus: Bool = false) -> Admission {
        if revision == 0, board.revision == 0, board.failure == nil {
            // A script or a test would take the status for the app's answer.
            return isForStatus || waited >= firstPatience ? .proceed : .wait
        }
        let isChangePending = Self.isChangePending(
            isQueueEmpty: { !hasPendingChanges }, isSettled: { board.settled == board.taken })
        if board.revision != revision {
            // The process that serves the newer revision is about to be handed the connection.
            return min(waited, board.timeSinceBuild) < Self.patience ? .wait : stale("a newer revision is taking over")
        }
        switch board.build {
        case .running: return stale("the build command is running")
        case .awaited: return .wait
        case .idle: break
        }
        if isChangePending {
            // Waiting for a build does not count.
            return min(waited, board.timeSinceBuild) < Self.patience
                ? .wait : stale("what was saved is not ready after 1 second")
        }
        return board.failure.map(stale) ?? .proceed
    }

    /// Whether a change is on its way. In this order: what is taken from the queue is counted before, so that a change that
    /// leaves the queue between the two looks is seen by the second one. See Freshness.md in Sandbox.docc.
    static func isChangePending(isQueueEmpty: () -> Bool, isSettled: () -> Bool) -> Bool {
        !isQueueEmpty() || !isSettled()
    }

    private func stale(_ reason: String) -> Admission {
        .proceedMarked(name: Self.fieldName, value: reason)
    }

    private var hasPendingChanges: Bool {
        guard let changes else { return false }
        var byteCount: Int32 = 0
        return ioctl(changes, UInt(FIONREAD), &byteCount) == 0 && byteCount > 0
    }
}
