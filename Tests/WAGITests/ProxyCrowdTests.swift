import Dispatch
import HTTP
import Synchronization
import TestSupport
import Testing
import WAGI

/// Many clients at once, some of whose requests another server answers.
@Suite("A crowd at a proxied path") struct ProxyCrowdTests {
    /// Of each kind.
    private static let count = 10_000
    private static let clients = 8

    @Test("Each of many requests through the proxy, beside as many direct ones, gets its own answer, and is sent once")
    func crowd() throws {
        let seen = Mutex<[String: Int]>([:])
        let upstream = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, body, writer in
            seen.withLock { $0[request.target, default: 0] += 1 }
            let text = String(decoding: try body.readAll(limit: 1 << 20), as: UTF8.self)
            try writer.respond(Response(text: "upstream \(request.target) \(text)"))
        }
        try upstream.start()
        defer { upstream.stop() }
        let handler = Guest.text(
            """
            \(Guest.data("content-type: text/plain\n\n", at: 65536))
            (func (export "_start") (call $print (i32.const 65536)) (call $print-arguments))
            """)
        let app = try ServedApplication(handler, route: "/own") {
            $0.proxies = [try! ProxyRule(prefix: "/api", url: "http://\(upstream.address)", strips: false)]
        }
        let failures = Mutex<[String]>([])
        let address = app.server.address
        DispatchQueue.concurrentPerform(iterations: Self.clients) { client in
            let connection = Client()
            for number in stride(from: client, to: 2 * Self.count, by: Self.clients) {
                do {
                    // Half of the proxied ones have a body, which takes another way.
                    let (target, body, expected) = Self.request(number)
                    let response = try connection.send(
                        ClientRequest(
                            body == nil ? .get : .post, HTTPURL("http://\(address)\(target)"),
                            body: body.map { .bytes(Array($0.utf8)) } ?? .empty))
                    let text = String(decoding: try response.readAll(limit: 1 << 20), as: UTF8.self)
                    if response.status != .ok || text != expected {
                        failures.withLock { $0.append("\(target): \(response.status) \(text)") }
                    }
                } catch {
                    failures.withLock { $0.append("\(number): \(error)") }
                }
            }
        }
        #expect(failures.withLock { $0 } == [])
        let counts = seen.withLock { $0 }
        #expect(counts.count == Self.count && counts.values.allSatisfy { $0 == 1 })
    }

    /// Of four in a row, one goes to the other server with a body, one without, and two to the app's handler.
    private static func request(_ number: Int) -> (target: String, body: String?, expected: String) {
        switch number % 4 {
        case 0: ("/api/\(number)", nil, "upstream /api/\(number) ")
        case 1: ("/api/\(number)", "body \(number)", "upstream /api/\(number) body \(number)")
        default: ("/own?n=\(number)", nil, "/own\nn=\(number)\n")
        }
    }
}
