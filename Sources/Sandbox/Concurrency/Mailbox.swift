import Dispatch
import Platform
import Synchronization

/// A queue of messages from many threads to one. Urgent messages overtake all others.
///
/// See Architecture.md in Sandbox.docc.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var urgent: [Message] = []
        var messages: [Message] = []
        /// How many threads wait for room.
        var waiterCount = 0
    }

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: 0)
    /// Who can wait does so while there are more messages than this.
    static var limit: Int { 10_000 }

    func post(_ message: Message, isUrgent: Bool = false) {
        state.withLock { state in
            if isUrgent { state.urgent.append(message) } else { state.messages.append(message) }
        }
        arrival.signal()
    }

    /// Posts a message as soon as there is room: for senders that may have many messages.
    func postWhenThereIsRoom(_ message: Message) {
        while true {
            let isPosted = state.withLock { state in
                guard state.messages.count < Self.limit else {
                    state.waiterCount += 1
                    return false
                }
                state.messages.append(message)
                return true
            }
            if isPosted { break }
            room.wait()
        }
        arrival.signal()
    }

    /// All messages that are there: the urgent ones first, then the others in their order.
    func takeAll() -> [Message] {
        let (taken, waiterCount) = state.withLock { state in
            let taken = (state.urgent + state.messages, state.waiterCount)
            state = State()
            return taken
        }
        for _ in 0..<waiterCount { room.signal() }
        return taken
    }

    /// Waits for messages until the deadline, and takes all there are; none if the deadline passes.
    func next(until deadline: DispatchTime) -> [Message] {
        while true {
            let taken = takeAll()
            if !taken.isEmpty { return taken }
            if arrival.wait(timeout: deadline) == .timedOut { return [] }
        }
    }
}
