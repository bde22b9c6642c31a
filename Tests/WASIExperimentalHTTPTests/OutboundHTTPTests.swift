import Foundation
import HTTP
import Synchronization
import Testing
import WASIExperimentalHTTP
import WebAssembly
import WebAssemblyRuntime
import WebAssemblyText

@Suite("Outbound HTTP for guests")
struct OutboundHTTPTests {
    /// A guest whose exports hand their arguments on to the functions under test.
    private struct Guest {
        static let linked: LinkedModule = {
            var linker = Linker()
            linker.defineOutboundHTTP()
            return try! linker.link(Module(bytes: assemble(text)))
        }()

        private static let counts = [
            ("req", 10), ("close", 1), ("header_get", 6), ("headers_get_all", 4), ("body_read", 4),
        ]

        private static var text: String {
            let imports = counts.map { name, count in
                "(import \"wasi_experimental_http\" \"\(name)\" (func $\(name) (param\(types(count))) (result i32)))"
            }
            let exports = counts.map { name, count in
                let arguments = (0..<count).map { "(local.get \($0))" }.joined()
                return "(func (export \"\(name)\") (param\(types(count))) (result i32) (call $\(name) \(arguments)))"
            }
            return "(module \(imports.joined()) (memory (export \"memory\") 1) \(exports.joined()))"
        }

        private static func types(_ count: Int) -> String { String(repeating: " i32", count: count) }

        let instance: Instance
        let memory: Memory

        init(_ policy: OutboundHTTPPolicy) throws {
            instance = try Self.linked.instantiate(in: Store(hostState: OutboundHTTPContext(policy)))
            memory = try #require(instance.memory(named: "memory"))
        }

        func call(_ name: String, _ arguments: UInt32...) throws -> UInt32 {
            let results = try #require(instance.function(named: name)).call(arguments.map { .i32($0) })
            guard case .i32(let code) = results[0] else { return .max }
            return code
        }

        static let status: UInt32 = 0
        static let handle: UInt32 = 8
        static let written: UInt32 = 16
        static let buffer: UInt32 = 30_000

        /// Sends a request; the result is the code.
        func request(
            _ url: String, method: String = "GET", headers: String = "", body: [UInt8] = []
        ) throws -> UInt32 {
            var address: UInt32 = 100
            var arguments: [UInt32] = []
            for bytes in [Array(url.utf8), Array(method.utf8), Array(headers.utf8), body] {
                try memory.write(bytes, at: address)
                arguments += [address, UInt32(bytes.count)]
                address += UInt32(bytes.count)
            }
            return try call(
                "req", arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5],
                arguments[6], arguments[7], Self.status, Self.handle)
        }

        var statusCode: UInt16 { get throws { try memory.load(Self.status) } }
        var responseHandle: UInt32 { get throws { try memory.load(Self.handle) } }

        func written() throws -> String {
            try memory.string(at: Self.buffer, count: memory.load(Self.written))
        }
    }

    private final class Destination: Sendable {
        let server: Server
        let requests = Mutex<[Request]>([])

        init() throws {
            let box = Box()
            server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, body, writer in
                box.value?.requests.withLock { $0.append(request) }
                switch request.path {
                case "/redirect":
                    try writer.respond(Response(status: .found, headers: ["Location": request.query ?? ""]))
                case "/slow":
                    try writer.writeHead(.ok)
                    while !writer.isClientDisconnected {
                        try writer.write("x")
                        usleep(5000)
                    }
                default:
                    try writer.respond(
                        Response(
                            status: .created, headers: ["X-One": "1", "Set-Cookie": "a", "Set-Cookie": "b"],
                            body: .bytes(Array(request.method.rawValue.utf8) + body.readAll(limit: 1 << 20))))
                }
            }
            box.value = self
            try server.start()
        }

        deinit { server.stop() }

        var url: String { "http://\(server.address)" }

        private final class Box: @unchecked Sendable {
            weak var value: Destination?
        }
    }

    private let destination: Destination

    init() throws {
        destination = try Destination()
    }

    private func guest(_ configure: (inout [String]) -> Void = { _ in }, maximumResponses: Int? = nil) throws -> Guest {
        var hosts = [destination.url]
        configure(&hosts)
        return try Guest(OutboundHTTPPolicy(allowedHosts: hosts, maximumResponses: maximumResponses))
    }

    @Test("a request is sent with method, headers and body, and its response read: status, headers, body in parts")
    func exchange() throws {
        let guest = try guest()
        let code = try guest.request(
            destination.url + "/path?query", method: "POST", headers: "X-A:1\nx-b: two words\n",
            body: Array("body".utf8))
        #expect(code == 0)
        #expect(try guest.statusCode == 201)
        let request = try #require(destination.requests.withLock { $0.first })
        #expect(request.method == .post && request.target == "/path?query")
        #expect(request.headers["x-a"] == "1" && request.headers["x-b"] == "two words")
        let handle = try guest.responseHandle
        try guest.memory.write(Array("x-ONE".utf8), at: 500)
        #expect(try guest.call("header_get", handle, 500, 5, Guest.buffer, 100, Guest.written) == 0)
        #expect(try guest.written() == "1")
        #expect(try guest.call("headers_get_all", handle, Guest.buffer, 1000, Guest.written) == 0)
        #expect(try guest.written().hasPrefix("x-one:1\nset-cookie:a\nset-cookie:b\n"))
        for part in ["POS", "Tbo", "dy", ""] {
            #expect(try guest.call("body_read", handle, Guest.buffer, 3, Guest.written) == 0)
            #expect(try guest.written() == part)
        }
        #expect(try guest.call("close", handle) == 0)
        #expect(try guest.call("close", handle) == 1)
        #expect(try guest.call("body_read", handle, Guest.buffer, 3, Guest.written) == 1)
    }

    @Test("only allowed hosts are reached; no list allows nothing, one entry allows all")
    func allowedHosts() throws {
        #expect(try guest { $0 = [] }.request(destination.url) == 7)
        #expect(try guest { $0 = ["http://example.com"] }.request(destination.url) == 7)
        #expect(try guest { $0 = ["https://127.0.0.1:1/any"] }.request(destination.url) == 0)
        #expect(try guest { $0 = [OutboundHTTPPolicy.allowAll] }.request(destination.url) == 0)
        #expect(throws: HTTPURLError.self) { try guest { $0 = ["example.com"] } }
        #expect(destination.requests.withLock { $0.count } == 2)
    }

    @Test("a redirect is followed to an allowed host, and is the answer where it leads elsewhere")
    func redirects() throws {
        let guest = try guest()
        #expect(try guest.request(destination.url + "/redirect?/end") == 0)
        #expect(try guest.statusCode == 201)
        #expect(
            try guest.request(destination.url + "/redirect?http://localhost:\(destination.server.address.port)/") == 0)
        #expect(try guest.statusCode == 302)
    }

    @Test(
        "hippo-dev's own server is out of reach, whatever is allowed and however it is named",
        arguments: ["127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"])
    func ownServer(host: String) throws {
        let other = try Destination()
        let port = destination.server.address.port
        let guest = try Guest(
            OutboundHTTPPolicy(allowedHosts: [OutboundHTTPPolicy.allowAll], forbiddenLocalPorts: [port]))
        #expect(try guest.request("http://\(host):\(port)/") != 0)
        #expect(try guest.request(other.url + "/redirect?http://\(host):\(port)/") != 0)
        #expect(destination.requests.withLock { $0.isEmpty })
        #expect(try guest.request(other.url) == 0)
    }

    @Test("so many responses are held at once, and closing one makes room")
    func concurrency() throws {
        let guest = try guest(maximumResponses: 2)
        #expect(try guest.request(destination.url) == 0)
        let first = try guest.responseHandle
        #expect(try guest.request(destination.url) == 0)
        #expect(try guest.request(destination.url) == 13)
        #expect(try guest.call("close", first) == 0)
        #expect(try guest.request(destination.url) == 0)
    }

    @Test("mistakes have the codes of the interface")
    func codes() throws {
        let guest = try guest()
        #expect(try guest.request("no url") == 10)
        #expect(try guest.request("ftp://127.0.0.1/") == 10)
        #expect(try guest.request(destination.url, method: "A B") == 8)
        #expect(try guest.request(destination.url, method: "") == 8)
        #expect(try guest.request(destination.url, headers: "no colon") == 9)
        #expect(try guest.request(destination.url, headers: "a b:c") == 9)
        #expect(try guest.request(destination.url, headers: "a:b\rc") == 9)
        #expect(try guest.request("https://127.0.0.1/") == 11)
        try guest.memory.write([0xFF, 0xFE], at: 100)
        #expect(try guest.call("req", 100, 2, 100, 0, 100, 0, 100, 0, 0, 8) == 6)
        #expect(try guest.call("req", 65530, 100, 0, 0, 0, 0, 0, 0, 0, 8) == 3)
        #expect(try guest.request(destination.url) == 0)
        let handle = try guest.responseHandle
        try guest.memory.write(Array("x-two".utf8), at: 500)
        #expect(try guest.call("header_get", handle, 500, 5, Guest.buffer, 100, Guest.written) == 5)
        try guest.memory.write(Array("x-one".utf8), at: 500)
        #expect(try guest.call("header_get", handle, 500, 5, Guest.buffer, 0, Guest.written) == 4)
        #expect(try guest.call("header_get", handle, 500, 5, Guest.buffer, 100, 65535) == 3)
        #expect(try guest.call("headers_get_all", handle, Guest.buffer, 3, Guest.written) == 4)
        #expect(try guest.call("headers_get_all", 99, Guest.buffer, 3, Guest.written) == 1)
        // Nothing was sent for those that could not have received the answer.
        let sent = destination.requests.withLock { $0.count }
        #expect(try guest.call("req", 100, 2, 100, 0, 100, 0, 100, 0, 65535, 8) != 0)
        #expect(destination.requests.withLock { $0.count } == sent)
    }

    @Test("a response that takes too long, or is too long, is a request error, and the reason is told")
    func limits() throws {
        let problems = Problems()
        let slow = try Guest(
            OutboundHTTPPolicy(
                allowedHosts: [destination.url], timeout: .milliseconds(50), problemObserver: { problems.add($0) }))
        #expect(try slow.request(destination.url + "/slow") == 11)
        let small = try Guest(
            OutboundHTTPPolicy(
                allowedHosts: [destination.url], maximumResponseBytes: 2, problemObserver: { problems.add($0) }))
        #expect(try small.request(destination.url) == 11)
        #expect(problems.all.count == 2)
        #expect(problems.all.last?.contains("larger than 2 bytes") == true)
    }

    private final class Problems: Sendable {
        private let texts = Mutex<[String]>([])

        var all: [String] { texts.withLock { $0 } }

        func add(_ text: String) { texts.withLock { $0.append(text) } }
    }
}
