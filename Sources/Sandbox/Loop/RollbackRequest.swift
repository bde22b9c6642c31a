import Bindle
import Dispatch
import Synchronization

/// A wish to have a revision back, from a thread that waits until it serves.
final class RollbackRequest: Sendable {
    typealias Outcome = Result<Revision, RollbackError>

    let number: Int
    private let outcome = Mutex<Outcome?>(nil)
    private let isOver = DispatchSemaphore(value: 0)
    private static let patience = DispatchTimeInterval.seconds(60)

    private init(number: Int) {
        self.number = number
    }

    /// Says what has become of it.
    func finish(_ outcome: Outcome) {
        self.outcome.withLock { $0 = outcome }
        isOver.signal()
    }

    /// Asks the loop for a revision, and waits.
    static func send(revision number: Int, to mailbox: Mailbox<SandboxLoop.Message>) -> Outcome {
        let request = RollbackRequest(number: number)
        mailbox.post(.rollBack(request))
        _ = request.isOver.wait(timeout: .now() + patience)
        return request.outcome.withLock { $0 }
            ?? .failure(.notServed("revision \(number) does not serve yet; see what hippo-dev up says"))
    }
}
