import Foundation
import Platform

/// A connection that believes nothing: what it reads of a response is whole, or an error that says how far it came.
final class SoakConnection {
    enum Failure: Error {
        /// The connection ended before the response did.
        case cut(String)
        /// What arrived is no response.
        case malformed(String)
        /// Nothing arrived for a minute.
        case silent
    }

    struct Response {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]
    }

    private let descriptor: Int32
    private var received: [UInt8] = []
    /// Since when a process that is killed may have had this connection.
    private(set) var usedSince = MonotonicTime.now
    private(set) var isReusable = true
    private static let patience = 60

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var time = timeval(tv_sec: Self.patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure.cut("no connection: \(String(cString: strerror(errno)))") }
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: some Collection<UInt8>) throws {
        let bytes = Array(bytes)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                throw errno == EAGAIN ? Failure.silent : Failure.cut("\(sent) of \(bytes.count) bytes were taken")
            }
            sent += count
        }
    }

    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Reads so many bytes and no more. The connection is of no use afterwards.
    func receive(atMost count: Int) {
        var buffer = [UInt8](repeating: 0, count: count)
        _ = recv(descriptor, &buffer, count, 0)
        isReusable = false
    }

    /// Reads a response to its end, and what comes before it of interim responses.
    func response() throws -> Response {
        var head = try through("\r\n\r\n")
        while head.starts(with: Array("HTTP/1.1 1".utf8)) { head = try through("\r\n\r\n") }
        let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Failure.malformed("the response begins with \(lines[0].debugDescription)")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw Failure.malformed(line) }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        var body: [UInt8] = []
        if headers["transfer-encoding"] == "chunked" {
            while true {
                let text = String(decoding: try through("\r\n").dropLast(2), as: UTF8.self)
                guard let size = Int(text, radix: 16) else {
                    throw Failure.malformed("a chunk begins with \(text.debugDescription)")
                }
                body += try take(size)
                guard try take(2) == Array("\r\n".utf8) else { throw Failure.malformed("a chunk does not end") }
                if size == 0 { break }
            }
        } else if let length = headers["content-length"].flatMap({ Int($0) }) {
            body = try take(length)
        } else {
            throw Failure.malformed("the response has no length")
        }
        if headers["connection"]?.lowercased() == "close" { isReusable = false }
        usedSince = .now
        return Response(status: status, headers: headers, body: body)
    }

    private func through(_ end: String) throws -> [UInt8] {
        let end = Array(end.utf8)
        var searched = 0
        while true {
            if received.count >= end.count {
                for start in searched...(received.count - end.count)
                where received[start] == end[0] && received[start..<start + end.count].elementsEqual(end) {
                    return try take(start + end.count)
                }
                searched = received.count - end.count + 1
            }
            try receive()
        }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count { try receive() }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func receive() throws {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0, errno == EINTR { return }
        if count < 0, errno == EAGAIN { throw Failure.silent }
        guard count > 0 else {
            throw Failure.cut("it ended after \(received.count) bytes of what was awaited")
        }
        received += buffer[..<count]
    }
}
