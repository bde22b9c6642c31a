import Foundation
import HTTP

/// A TCP connection that sends and receives exactly what a test says, well-formed or not.
final class RawConnection {
    struct TimedOut: Error {}
    struct Ended: Error {}

    let descriptor: Int32
    private var received: [UInt8] = []

    /// - Parameter timeout: how long any reception may take before the test fails.
    init(to address: SocketAddress, timeout: Int = 10, receiveBuffer: Int32? = nil) throws {
        let isV6 = address.description.hasPrefix("[")
        descriptor = socket(isV6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let result: Int32
        if isV6 {
            var target = sockaddr_in6()
            target.sin6_family = sa_family_t(AF_INET6)
            target.sin6_port = address.port.bigEndian
            inet_pton(AF_INET6, address.host, &target.sin6_addr)
            result = withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        } else {
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = address.port.bigEndian
            inet_pton(AF_INET, address.host, &target.sin_addr)
            result = withUnsafePointer(to: &target) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    private var isOpen = true

    deinit { close() }

    func close() {
        if isOpen { Foundation.close(descriptor) }
        isOpen = false
    }

    /// Closes so that the other side sees a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Ended() }
            sent += count
        }
    }

    /// Receives once; false at the stream's end.
    private func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0 {
            received.append(contentsOf: buffer[..<count])
            return true
        }
        if count == 0 || errno == ECONNRESET { return false }
        throw TimedOut()
    }

    /// Everything up to and including `text`.
    func read(through text: String) throws -> String {
        let wanted = Array(text.utf8)
        while true {
            if let range = Self.find(wanted, in: received) {
                let result = String(decoding: received[..<range.upperBound], as: UTF8.self)
                received.removeSubrange(..<range.upperBound)
                return result
            }
            guard try receive() else { throw Ended() }
        }
    }

    /// Everything until the other side closes.
    func readToEnd() throws -> String {
        while try receive() {}
        defer { received = [] }
        return String(decoding: received, as: UTF8.self)
    }

    /// Exactly `count` bytes.
    func read(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try receive() else { throw Ended() }
        }
        defer { received.removeSubrange(..<count) }
        return Array(received[..<count])
    }

    /// Whether the other side has closed and nothing is left to read.
    func isAtEnd() throws -> Bool {
        try received.isEmpty && !receive()
    }

    struct Response {
        var statusLine: String
        var headers: Headers
        var body: [UInt8]

        var status: Int { Int(statusLine.split(separator: " ")[1]) ?? 0 }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    /// The next response, its body decoded.
    func response(toHead: Bool = false) throws -> Response {
        let lines = try read(through: "\r\n\r\n").components(separatedBy: "\r\n")
        var headers = Headers()
        for line in lines.dropFirst() where !line.isEmpty {
            let halves = line.split(separator: ":", maxSplits: 1)
            headers.add(String(halves[0]), halves[1].trimmingCharacters(in: .whitespaces))
        }
        var response = Response(statusLine: lines[0], headers: headers, body: [])
        if toHead || response.status == 304 || response.status < 200 || response.status == 204 { return response }
        if let length = headers["Content-Length"].flatMap({ Int($0) }) {
            response.body = try read(length)
        } else if headers["Transfer-Encoding"] == "chunked" {
            while true {
                let line = try read(through: "\r\n").dropLast()
                let size = Int(line, radix: 16)!
                if size == 0 { break }
                response.body += try read(size)
                _ = try read(2)
            }
            _ = try read(through: "\r\n")
        } else {
            while try receive() {}
            response.body = received
            received = []
        }
        return response
    }

    private static func find(_ wanted: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        guard bytes.count >= wanted.count else { return nil }
        for start in 0...(bytes.count - wanted.count) where bytes[start..<start + wanted.count].elementsEqual(wanted) {
            return start..<start + wanted.count
        }
        return nil
    }
}
