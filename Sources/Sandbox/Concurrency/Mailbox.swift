import Dispatch
import Platform
import Synchronization

/// A queue of messages from many threads to one.
final class Mailbox<Message: Sendable>: Sendable {
    private let messages = Mutex<[Message]>([])
    private let arrival = DispatchSemaphore(value: 0)

    func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        arrival.signal()
    }

    /// All messages that are there.
    func takeAll() -> [Message] {
        messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }

    /// Waits for messages until the deadline, and takes all there are, in order; none if the deadline passes.
    func next(until deadline: DispatchTime) -> [Message] {
        while true {
            let taken = takeAll()
            if !taken.isEmpty { return taken }
            if arrival.wait(timeout: deadline) == .timedOut { return [] }
        }
    }
}
