import Dispatch
import Platform
import Synchronization

/// Work that waits for others more than it computes, done by several threads.
enum ConcurrentWork {
    /// Does `body` for each item, for at most `width` of them at a time, the calling thread among those that do.
    /// - Throws: The first error; items that were not begun by then are left out.
    static func forEach<Item: Sendable>(
        _ items: [Item], width: Int, _ body: @escaping @Sendable (Item) throws -> Void
    ) throws {
        let progress = Progress()
        let work = { @Sendable in
            while let index = progress.next(below: items.count) {
                do { try body(items[index]) } catch { progress.fail(error) }
            }
        }
        // Threads of the system's, since their number has nothing to do with that of the cores.
        let others = DispatchGroup()
        for _ in 1..<max(1, min(width, items.count)) {
            others.enter()
            SystemThread.detach(name: "transfer") {
                work()
                others.leave()
            }
        }
        work()
        others.wait()
        if let failure = progress.failure { throw failure }
    }

    private final class Progress: Sendable {
        private let state = Mutex((next: 0, failure: (any Error)?.none))

        var failure: (any Error)? { state.withLock { $0.failure } }

        func next(below count: Int) -> Int? {
            state.withLock { state in
                guard state.failure == nil, state.next < count else { return nil }
                state.next += 1
                return state.next - 1
            }
        }

        func fail(_ error: any Error) {
            state.withLock { $0.failure = $0.failure ?? error }
        }
    }
}
