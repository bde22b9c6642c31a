import Foundation
import HTTP

/// What a quick handler waits beside many slow ones.
struct CrowdBenchmark {
    let servers: [RunningServer]

    private static let endlessCount = 32
    private static let helloCount = 1000
    private static let sleeperCount = 400

    func run() throws {
        print(
            "\nA hello at one connection, \(Self.helloCount) times, alone and beside \(Self.endlessCount) endless handlers;"
        )
        print("and \(Self.sleeperCount) requests at once to a handler that sleeps 3 s\n")
        print("| server | alone p50 µs | p99 µs | beside p50 µs | p99 µs | longest µs | sleepers s |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for server in servers {
            let alone = try hellos(server)
            let beside = try besideEndless(server)
            let sleepers = try sleepers(server)
            print(
                "| \(server.name) "
                    + String(
                        format: "| %.0f | %.0f | %.0f | %.0f | %.0f | %.2f |", alone.median, alone.percentile(0.99),
                        beside.median, beside.percentile(0.99), beside.max() ?? 0, sleepers))
            fflush(nil)
        }
    }

    /// Microseconds that each of the requests takes.
    private func hellos(_ server: RunningServer) throws -> [Double] {
        let connection = try RawConnection(server.address)
        return try (0..<Self.helloCount).map { _ in
            let start = ContinuousClock.now
            try connection.get("/hello")
            try connection.receiveResponse()
            return (ContinuousClock.now - start) / .microseconds(1)
        }
    }

    private func besideEndless(_ server: RunningServer) throws -> [Double] {
        let endless = try (0..<Self.endlessCount).map { _ in try RawConnection(server.address) }
        // Their handlers end with the connections.
        defer { withExtendedLifetime(endless) {} }
        for connection in endless { try connection.get("/spin") }
        usleep(500_000)
        return try hellos(server)
    }

    /// Seconds until the last of all requests is answered.
    private func sleepers(_ server: RunningServer) throws -> Double {
        let connections = try (0..<Self.sleeperCount).map { _ in try RawConnection(server.address) }
        let start = ContinuousClock.now
        for connection in connections { try connection.get("/sleep") }
        for connection in connections { try connection.receiveResponse() }
        return (ContinuousClock.now - start) / .seconds(1)
    }
}

/// A connection whose requests and responses are counted in bytes and not looked at.
private final class RawConnection {
    private let descriptor: Int32
    private var input: [UInt8] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(_ address: SocketAddress) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = address.port.bigEndian
        place.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &place) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "cannot connect: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func get(_ path: String) throws {
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw Failure(description: "cannot send: \(String(cString: strerror(errno)))")
        }
    }

    /// Receives a response of status 200, with a length or in chunks.
    func receiveResponse() throws {
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let text = String(decoding: input, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let byteCount = try byteCount(head: text[..<end.upperBound], body: text[end.upperBound...])
                if let byteCount, input.count >= byteCount {
                    input.removeFirst(byteCount)
                    return
                }
            }
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { throw Failure(description: "the connection ended: \(text)") }
            input += chunk[..<count]
        }
    }

    /// Bytes of a whole response; `nil` if its end has not come.
    private func byteCount(head: Substring, body: Substring) throws -> Int? {
        let fields = head.lowercased()
        guard fields.hasPrefix("http/1.1 200") else { throw Failure(description: "not as expected: \(head)") }
        if let name = fields.range(of: "content-length: ") {
            return head.utf8.count + (Int(fields[name.upperBound...].prefix { $0.isNumber }) ?? 0)
        }
        return body.range(of: "0\r\n\r\n").map { head.utf8.count + body[..<$0.upperBound].utf8.count }
    }
}
