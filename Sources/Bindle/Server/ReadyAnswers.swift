import HTTP
import Synchronization

/// Answers to requests that are asked often. They hold until the store changes, and are let go then. They are given on the
/// event loop, without a look at the store.
final class ReadyAnswers: Sendable {
    /// What an answer depends on, besides the store.
    struct Key: Hashable, Sendable {
        let target: String
        /// The `Accept` field, which says the format.
        let accept: String

        /// `nil` for requests whose answers are not kept.
        init?(_ request: Request) {
            guard request.method == .get || request.method == .head, request.target.utf8.count <= 1024 else {
                return nil
            }
            let fields = request.headers.all("Accept")
            guard fields.count <= 1, fields.allSatisfy({ $0.utf8.count <= 256 }) else { return nil }
            target = request.target
            accept = fields.first ?? ""
        }
    }

    enum Answer: Sendable {
        case invoice(Representation)
        /// The first page of a query, and what all pages have, if there are more.
        case page(Response, BindleQuery, all: [BindleID])
    }

    private let answers = Mutex(GenerationCache<Key, Answer>(costLimit: 16 << 20, largest: 256 << 10))

    /// How many answers are kept.
    var count: Int { answers.withLock { $0.count } }

    /// - Parameter generation: The store's now.
    func answer(to key: Key, generation: Int) -> Answer? {
        answers.withLock { $0.value(of: key, generation: generation) }
    }

    /// - Parameters:
    ///   - generation: The store's before it was read.
    ///   - size: The answer's bytes.
    func keep(_ answer: Answer, to key: Key, generation: Int, size: Int) {
        let cost = size + key.target.utf8.count + key.accept.utf8.count + 512
        answers.withLock { $0.insert(answer, at: key, cost: cost, generation: generation) }
    }
}
