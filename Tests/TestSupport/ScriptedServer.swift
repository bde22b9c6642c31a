import Foundation
import Synchronization

/// A server that gives each connection the same bytes, well-formed or not, as soon as it has got a request, and keeps all that
/// it receives.
package final class ScriptedServer: Sendable {
    private let descriptor: Int32
    package let port: UInt16
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
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isListening else { throw RawSocket.Failure(description: "no port for a server") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [story] in
            defer { close(descriptor) }
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { Self.serve(connection, answer, Array(end.utf8), story) }
            }
        }
    }

    deinit {
        // Closed by the thread that accepts: it must not get hold of another descriptor of this number.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func serve(_ connection: Int32, _ answer: String?, _ end: [UInt8], _ story: Story) {
        defer { close(connection) }
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
