import Foundation

/// A server that takes one connection after the other, answers the first head with a fixed text, and sends all that
/// follows back.
package final class RawEcho: Sendable {
    private let listener: RawListener
    package var port: UInt16 { listener.port }

    package init(answer: String) throws {
        listener = try RawListener { connection, _ in Self.serve(connection, answer) }
    }

    private static func serve(_ connection: Int32, _ answer: String) {
        var received: [UInt8] = []
        var hasAnswered = false
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return }
            received += buffer[..<count]
            if !hasAnswered {
                guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
                received.removeSubrange(..<end.upperBound)
                hasAnswered = true
                _ = send(connection, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
            }
            _ = send(connection, received, received.count, Int32(MSG_NOSIGNAL))
            received = []
        }
    }
}
