import Foundation
import SandboxProtocol
import Testing

@testable import Sandbox

/// When what is saved counts as served.
struct FreshnessTests {
    let board: RevisionBoard
    let freshness: Freshness

    init() throws {
        board = try RevisionBoard()
        freshness = Freshness(board: board)
    }

    private var isSettled: Bool { board.settled == board.taken }

    private func takeEvents(hasReported: Bool, isHolding: Bool = false) -> UInt64 {
        let ticket = freshness.willTakeEvents()
        freshness.didTakeEvents(ticket, hasReported: hasReported, isHolding: isHolding)
        return ticket
    }

    @Test("Events that nothing follows from are settled at once") func idleEventsAreSettledAtOnce() {
        let ticket = freshness.willTakeEvents()
        #expect(!isSettled)
        freshness.didTakeEvents(ticket, hasReported: false, isHolding: false)
        #expect(isSettled)
    }

    @Test("A change is settled when the loop has dealt with it") func aChangeIsSettledWhenTheLoopHasDealtWithIt() {
        let first = takeEvents(hasReported: true)
        let second = takeEvents(hasReported: true)
        #expect(!isSettled)
        freshness.finish(upTo: first)
        #expect(!isSettled)
        freshness.finish(upTo: second)
        #expect(isSettled)
    }

    @Test("What follows from nothing does not hide what is under way")
    func whatFollowsFromNothingDoesNotHideWhatIsUnderWay() {
        let change = takeEvents(hasReported: true)
        _ = takeEvents(hasReported: false)
        #expect(!isSettled)
        freshness.finish(upTo: change)
        #expect(isSettled)
    }

    @Test("A file that is being written is not settled") func aFileThatIsBeingWrittenIsNotSettled() {
        _ = takeEvents(hasReported: false, isHolding: true)
        #expect(!isSettled)
        let close = takeEvents(hasReported: true)
        #expect(!isSettled)
        freshness.finish(upTo: close)
        #expect(isSettled)
    }

    @Test("A revision settles what it holds") func aRevisionSettlesWhatItHolds() {
        let change = takeEvents(hasReported: true)
        freshness.beginLoad(upTo: change)
        let next = takeEvents(hasReported: true)
        freshness.takeOver(revision: 7)
        #expect(board.revision == 7)
        #expect(!isSettled)
        freshness.finish(upTo: next)
        #expect(isSettled)
    }

    @Test("A failure stands until something newer serves") func aFailureStandsUntilSomethingNewerServes() {
        let first = takeEvents(hasReported: true)
        freshness.beginLoad(upTo: first)
        let second = takeEvents(hasReported: true)
        freshness.fail(upTo: second, because: "the build failed: a.c:1: what?\nmore")
        freshness.takeOver(revision: 2)
        #expect(board.failure == "the build failed: a.c:1: what?")
        freshness.beginLoad(upTo: second)
        freshness.takeOver(revision: 3)
        #expect(board.failure == nil)
        freshness.fail(upTo: second, because: "again")
        freshness.succeed()
        #expect(board.failure == nil)
    }

    @Test("Of a failure whose first line says nothing without the others, these are told, too")
    func headline() {
        board.setFailure(
            "a.wasm: the component cannot be linked:\n  test:a/b: absent\n  test:c/d: absent\nIt was made from C.")
        #expect(board.failure == "a.wasm: the component cannot be linked: test:a/b: absent; test:c/d: absent")
        board.setFailure("hello.wat:4:2: unknown operator modul\n    (modul\n     ^")
        #expect(board.failure == "hello.wat:4:2: unknown operator modul")
    }

    @Test("The board is shared and its text is plain") func theBoardIsSharedAndItsTextIsPlain() throws {
        let other = try RevisionBoard(adopting: dup(board.fileDescriptor))
        board.setFailure("crème \u{7}brûlée " + String(repeating: "x", count: 1000))
        let text = try #require(other.failure)
        #expect(text.hasPrefix("cr?me ?br?l?e xxx") && text.utf8.count == 400 && text.hasSuffix("x..."))
        board.setFailure("")
        #expect(other.failure == nil)
        board.build = .awaited
        #expect(other.build == .awaited)
        #expect(other.raiseTaken() == 1 && board.taken == 1)
    }
}
