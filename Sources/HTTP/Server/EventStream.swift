import Synchronization

/// A stream of events that any number of clients follow, as the body of their responses (`Response.Body.events`).
///
/// No thread waits for a client. A stream ends for all clients of a server when that begins to drain, so that it holds
/// nobody up; clients come back by themselves.
package final class EventStream: Sendable {
    private struct Follower {
        weak var loop: EventLoop?
    }

    private let followers = Mutex<[Follower]>([])

    package init() {}

    /// Sends an event to all who follow the stream now.
    package func send(_ event: ServerSentEvent) {
        let loops = followers.withLock { followers in
            followers.removeAll { $0.loop == nil }
            return followers.compactMap(\.loop)
        }
        let bytes = event.encoded
        for loop in loops { loop.publish(bytes, to: self) }
    }

    func add(_ loop: EventLoop) {
        followers.withLock { followers in
            if !followers.contains(where: { $0.loop === loop }) { followers.append(Follower(loop: loop)) }
        }
    }
}
