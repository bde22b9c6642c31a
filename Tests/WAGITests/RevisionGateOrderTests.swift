import Testing

@testable import WAGI

/// In which order the gate looks at the queue of changes and at the board.
struct RevisionGateOrderTests {
    /// A change, as the watcher takes it: it is counted, then leaves the queue, then is settled.
    private final class Scene {
        var isQueued = true
        var isCounted = false
        /// What the watcher does before each look but the first.
        var steps: [(Scene) -> Void] = []

        func look<Value>(_ value: (Scene) -> Value) -> Value {
            defer { if !steps.isEmpty { steps.removeFirst()(self) } }
            return value(self)
        }
    }

    @Test("a change that leaves the queue between the two looks is seen by the second")
    func order() {
        let scene = Scene()
        scene.steps = [
            { scene in
                scene.isCounted = true
                scene.isQueued = false
            }
        ]
        // As soon as one look finds it, there is no second; whichever comes first must not find it gone.
        let isPending = RevisionGate.isChangePending(
            isQueueEmpty: { scene.look { !$0.isQueued } }, isSettled: { scene.look { !$0.isCounted } })
        #expect(isPending)
    }

    @Test("nothing is pending when the queue is empty and all that was taken is settled")
    func nothing() {
        #expect(!RevisionGate.isChangePending(isQueueEmpty: { true }, isSettled: { true }))
        #expect(RevisionGate.isChangePending(isQueueEmpty: { false }, isSettled: { true }))
        #expect(RevisionGate.isChangePending(isQueueEmpty: { true }, isSettled: { false }))
    }
}
