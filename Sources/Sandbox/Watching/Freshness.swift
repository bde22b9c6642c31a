import SandboxProtocol
import Synchronization

/// Keeps the revision board: what the watcher has seen on one side, what the loop has dealt with on the other.
///
/// Each time that the watcher takes events from the kernel has a number, a ticket. Those that nothing follows from are
/// settled by the watcher itself, at once; the others when the loop has done all that they ask for.
///
/// See Freshness.md in Sandbox.docc.
final class Freshness: Sendable {
    let board: RevisionBoard

    private struct State {
        /// The last ticket whose events have been looked at.
        var seen: UInt64 = 0
        /// The last ticket that was reported to the loop.
        var reported: UInt64 = 0
        /// The last ticket that the loop has dealt with.
        var finished: UInt64 = 0
        /// Whether there are changes that are still to be reported: files are being written.
        var isHolding = false
        /// What the process that is loading is about to serve.
        var loading: UInt64 = 0
        /// The ticket after which the last failure came.
        var failed: UInt64?
        /// Why nothing new can be served, until that is mended.
        var lastingFailure: String?
    }

    private let state = Mutex(State())

    init(board: RevisionBoard) {
        self.board = board
    }

    // MARK: The watcher

    /// The ticket of the events that are about to be taken. To be called before they are.
    func willTakeEvents() -> UInt64 {
        board.raiseTaken()
    }

    /// - Parameters:
    ///   - hasReported: whether a change has been reported to the loop.
    ///   - isHolding: whether a change is known that has still to be reported.
    func didTakeEvents(_ ticket: UInt64, hasReported: Bool, isHolding: Bool) {
        state.withLock { state in
            state.seen = ticket
            if hasReported { state.reported = ticket }
            state.isHolding = isHolding
            settle(state)
        }
    }

    // MARK: The loop

    /// Everything up to the ticket has been dealt with.
    func finish(upTo ticket: UInt64) {
        state.withLock { state in
            state.finished = max(state.finished, ticket)
            settle(state)
        }
    }

    /// A process loads what holds everything up to the ticket.
    func beginLoad(upTo ticket: UInt64) {
        state.withLock { $0.loading = ticket }
    }

    /// The process that was loading serves from now on.
    func takeOver(revision: Int) {
        state.withLock { state in
            board.revision = revision
            // A failure that came after what is in this revision is still one.
            if let failed = state.failed, failed <= state.loading { clearFailure(&state) }
            state.finished = max(state.finished, state.loading)
            settle(state)
        }
    }

    /// What has come up to the ticket cannot be served.
    ///
    /// - Parameter isLasting: true if nothing that serves later is without it, until `mend`.
    func fail(upTo ticket: UInt64, because reason: String, isLasting: Bool = false) {
        state.withLock { state in
            if isLasting { state.lastingFailure = reason } else { state.failed = ticket }
            board.setFailure(reason)
        }
    }

    /// What serves with everything up to the ticket is without the lasting failure.
    func mend(upTo ticket: UInt64) {
        state.withLock { state in
            guard state.lastingFailure != nil else { return }
            state.lastingFailure = nil
            state.failed = max(state.failed ?? ticket, ticket)
        }
    }

    /// What serves is what is on the disk.
    func succeed() {
        state.withLock { clearFailure(&$0) }
    }

    private func clearFailure(_ state: inout State) {
        guard state.failed != nil else { return }
        state.failed = nil
        board.setFailure(state.lastingFailure)
    }

    private func settle(_ state: State) {
        guard !state.isHolding, state.finished >= state.reported else { return }
        board.settle(upTo: state.seen)
    }
}
