import Foundation
import HTTP
import SandboxProtocol
import TestSupport
import Testing

@testable import WAGI

/// Which requests a process of the sandbox answers at once.
struct RevisionGateTests {
    let board: RevisionBoard

    init() throws {
        board = try RevisionBoard()
        board.revision = 3
    }

    private func gate(changes: Int32? = nil, revision: Int = 3) -> RevisionGate {
        RevisionGate(board: board, changes: changes, revision: revision)
    }

    private func isStale(_ admission: Admission, because reason: String) -> Bool {
        guard case .proceedMarked("X-Hippo-Stale", let value) = admission else { return false }
        return value.contains(reason)
    }

    @Test("What is current is answered at once") func whatIsCurrentIsAnsweredAtOnce() {
        #expect(gate().admission(waited: .zero) == .proceed)
    }

    @Test("A request waits for changes that are not settled but not for ever")
    func aRequestWaitsForChangesThatAreNotSettledButNotForEver() {
        let count = board.raiseTaken()
        #expect(gate().admission(waited: .milliseconds(999)) == .wait)
        #expect(isStale(gate().admission(waited: .seconds(1)), because: "not ready"))
        board.settle(upTo: count)
        #expect(gate().admission(waited: .zero) == .proceed)
    }

    @Test("A process that is being replaced keeps its requests for the next")
    func aProcessThatIsBeingReplacedKeepsItsRequestsForTheNext() {
        #expect(gate(revision: 2).admission(waited: .zero) == .wait)
        #expect(isStale(gate(revision: 2).admission(waited: .seconds(1)), because: "newer revision"))
        // Even while a build runs: the next process has something newer in any case.
        board.build = .running
        #expect(gate(revision: 2).admission(waited: .zero) == .wait)
    }

    @Test("A build is waited for only where that is wanted") func aBuildIsWaitedForOnlyWhereThatIsWanted() {
        _ = board.raiseTaken()
        board.build = .running
        #expect(isStale(gate().admission(waited: .zero), because: "build"))
        board.build = .awaited
        #expect(gate().admission(waited: .seconds(60)) == .wait)
        // From the end of the build on, a request has as long as any other.
        board.build = .idle
        #expect(gate().admission(waited: .seconds(60)) == .wait)
    }

    @Test("A failure is told") func aFailureIsTold() {
        board.setFailure("HIPPOFACTS:3:1: what is this?")
        #expect(isStale(gate().admission(waited: .zero), because: "HIPPOFACTS:3:1"))
        board.setFailure(nil)
        #expect(gate().admission(waited: .zero) == .proceed)
    }

    @Test("A change that nobody has taken from the queue is pending")
    func aChangeThatNobodyHasTakenFromTheQueueIsPending() throws {
        let directory = try TemporaryDirectory()
        let queue = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        defer { close(queue) }
        #expect(inotify_add_watch(queue, directory.path, UInt32(IN_CLOSE_WRITE)) >= 0)
        let gate = gate(changes: queue)
        #expect(gate.admission(waited: .zero) == .proceed)
        try directory.write("saved", to: "a.txt")
        #expect(gate.admission(waited: .zero) == .wait)
        var events = [UInt8](repeating: 0, count: 4096)
        #expect(read(queue, &events, events.count) > 0)
        #expect(gate.admission(waited: .zero) == .proceed)
    }
}
