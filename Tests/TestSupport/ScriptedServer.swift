import Foundation
import Synchronization

/// A server that gives each connection the same bytes, well-formed or not, as soon as it has got a request, and keeps all that
/// it receives.
package final class ScriptedServer: Sendable {
    private let listener: RawListener
    package var port: UInt16 { listener.port }
    private let story = Story()

    private final class Story: Sendable {
        let connections = Mutex<[(received: [UInt8], hasEnded: Bool)]>([])
    }

    /// What each connection has brought so far.
    package var received: [String] {
        story.connections.withLock { $0.map { String(decoding: $0.received, as: UTF8.self) } }
    }
    /// Whether the other side has ended all of them, at least one.
    package var hasAll: Bool { story.connections.withLock { !$0.isEmpty && $0.allSatisfy(\.hasEnded) } }

    /// - Parameters:
    ///   - answer: sent once a connection; then nothing more comes. `nil` for a server that listens for ever.
    ///   - end: what a request ends with: an empty line if it has no body.
    package init(answer: String?, toRequestsEndingWith end: String = "\r\n\r\n") throws {
        listener = try RawListener { [story] connection, _ in
            Self.serve(connection, answer, Array(end.utf8), story)
        }
    }

    private static func serve(_ connection: Int32, _ answer: String?, _ end: [UInt8], _ story: Story) {
        let number = story.connections.withLock { connections in
            connections.append(([], false))
            return connections.count - 1
        }
        var hasAnswered = false
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return story.connections.withLock { $0[number].hasEnded = true } }
            let isWhole = story.connections.withLock { connections in
                connections[number].received += buffer[..<count]
                return connections[number].received.firstRange(of: end) != nil
            }
            guard let answer, !hasAnswered, isWhole else { continue }
            hasAnswered = true
            _ = send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
            shutdown(connection, Int32(SHUT_WR))
        }
    }
}
