import Foundation

/// Accepts connections on a free port of loopback, and serves each on a thread of its own; stopped with its last reference.
package final class RawListener: Sendable {
    private let descriptor: Int32
    package let port: UInt16

    /// - Parameter serve: gets the descriptor of a connection, which is closed afterwards, and the listener's port.
    package init(serve: @escaping @Sendable (Int32, UInt16) -> Void) throws {
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
        let port = UInt16(bigEndian: address.sin_port)
        self.port = port
        Thread.detachNewThread {
            defer { close(descriptor) }
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread {
                    serve(connection, port)
                    close(connection)
                }
            }
        }
    }

    deinit {
        // Closed by the thread that accepts: it must not get hold of another descriptor of this number.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
