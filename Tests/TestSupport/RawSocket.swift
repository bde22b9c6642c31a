import Foundation

/// A connection without a client in between, for tests of what arrives when.
package final class RawSocket: Sendable {
    private let descriptor: Int32

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Connects to 127.0.0.1.
    /// - Parameter source: The last number of the address 127.0.0.x to connect from; the system's choice is 1.
    package init(port: UInt16, from source: UInt8? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if let source {
            var own = sockaddr_in()
            own.sin_family = sa_family_t(AF_INET)
            own.sin_addr.s_addr = (UInt32(0x7F00_0000) | UInt32(source)).bigEndian
            let result = withUnsafePointer(to: &own) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard result == 0 else { throw Failure(description: "127.0.0.\(source) is not an address of this machine") }
        }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "cannot connect to port \(port)") }
    }

    deinit {
        close(descriptor)
    }

    package func send(_ text: String) throws {
        try send(bytes: Array(text.utf8))
    }

    package func send(bytes: [UInt8]) throws {
        let count = Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        guard count == bytes.count else { throw Failure(description: "cannot send") }
    }

    /// Tells the server that nothing more comes.
    package func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What arrives until the server closes the connection.
    package func receiveAll() throws -> String { String(decoding: try receiveAllBytes(), as: UTF8.self) }

    /// What arrives until the server closes the connection, as it is.
    package func receiveAllBytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 || count < 0 && errno == ECONNRESET { return bytes }
            guard count > 0 else {
                let text = String(decoding: bytes, as: UTF8.self)
                throw Failure(description: "the connection does not end after \(text.debugDescription)")
            }
            bytes += buffer[..<count]
        }
    }

    /// Receives what is there, having waited for the first byte; 0 is the connection's end.
    package func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw Failure(description: "nothing arrives, and the connection does not end") }
        return count
    }

    /// What arrives up to and with `marker`, and perhaps more.
    /// - Parameter limit: How many bytes are received at a time. With 1, nothing of what comes behind the marker is.
    package func receive(until marker: String, atMost limit: Int = 4096) throws -> String {
        var text = ""
        var buffer = [UInt8](repeating: 0, count: limit)
        while !text.contains(marker) {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw Failure(description: "the connection ended after \(text.debugDescription)") }
            text += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return text
    }
}
