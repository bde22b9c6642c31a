import Foundation

/// A server that takes one connection after the other, answers the first head with a fixed text, and sends all that
/// follows back.
package final class RawEcho: Sendable {
    private let descriptor: Int32
    package let port: UInt16

    package init(answer: String) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard result else { throw RawSocket.Failure(description: "no port for a server") }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread {
            defer { close(descriptor) }
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { Self.serve(connection, answer) }
            }
        }
    }

    deinit {
        // Closed by the thread that accepts: it must not get hold of another descriptor of this number.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func serve(_ connection: Int32, _ answer: String) {
        defer { close(connection) }
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
