import Foundation
import HTTP
import TestSupport
import Testing

/// A server of Python's `ssl` with certificates that openssl has made: an authority of its own, and one that signs
/// itself.
private final class SecureServer {
    let port: Int
    let directory: TemporaryDirectory
    private let process = Process()

    static let isPossible = ["/usr/bin/openssl", "/usr/bin/python3"].allSatisfy(FileManager.default.isExecutableFile)

    var authorities: String { directory.path + "/ca.pem" }

    init(name: String = "localhost") throws {
        let directory = try TemporaryDirectory()
        self.directory = directory
        func openssl(_ arguments: String...) throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
            process.arguments = arguments
            process.currentDirectoryURL = directory.url
            process.standardError = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
        try directory.write("subjectAltName=DNS:\(name)\n", to: "extensions")
        let key = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(
            "req", "-x509", "-newkey", key[0], key[1], key[2], key[3], "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=Test authority", "-days", "2")
        try openssl(
            "req", "-newkey", key[0], key[1], key[2], key[3], "-keyout", "key.pem", "-out", "request.pem", "-subj",
            "/CN=\(name)")
        try openssl(
            "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out",
            "certificate.pem", "-days", "2", "-extfile", "extensions")
        let script = """
            import http.server, ssl, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = 'HTTP/1.1'
                def answer(self, body):
                    self.send_response(200)
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def do_GET(self):
                    if self.path == '/port': return self.answer(str(self.client_address[1]).encode())
                    self.answer(b'x' * int(self.path[1:]))
                def do_POST(self):
                    body = self.rfile.read(int(self.headers['Content-Length']))
                    self.answer(str(sum(body)).encode())
                def log_message(self, *arguments): pass
            server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain('certificate.pem', 'key.pem')
            server.socket = context.wrap_socket(server.socket, server_side=True)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = directory.url
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.prefix { $0 != "\n" }))
    }

    deinit {
        // It may have inherited a mask that holds gentler signals back.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func url(_ path: String) throws -> HTTPURL { try HTTPURL("https://localhost:\(port)/\(path)") }
}

@Suite("A client of https", .enabled(if: SecureServer.isPossible, "python3 or openssl is not in /usr/bin"), .serialized)
struct TLSTests {
    private func client(_ policy: TLSPolicy) -> Client {
        var configuration = ClientConfiguration()
        configuration.tls = policy
        return Client(configuration: configuration)
    }

    private func trusting(_ path: String) -> TLSPolicy {
        var policy = TLSPolicy()
        policy.authoritiesPath = path
        return policy
    }

    @Test("speaks to a server that an authority vouches for, on one connection")
    func speaksToAServerThatAnAuthorityVouchesForOnOneConnection() throws {
        let server = try SecureServer()
        let client = client(trusting(server.authorities))
        var ports = Set<[UInt8]>()
        for _ in 0..<3 {
            ports.insert(try client.send(ClientRequest(.get, server.url("port"))).readAll(limit: 100))
        }
        #expect(ports.count == 1)
        let large = try client.send(ClientRequest(.get, server.url("3000000"))).readAll(limit: 4_000_000)
        #expect(large.count == 3_000_000)
        let body = [UInt8](repeating: 3, count: 5_000_000)
        let answer = try client.send(ClientRequest(.post, server.url(""), body: .bytes(body))).readAll(limit: 100)
        #expect(String(decoding: answer, as: UTF8.self) == "15000000")
    }

    @Test("refuses a server that nobody vouches for, unless it is told to take any")
    func refusesAServerThatNobodyVouchesForUnlessItIsToldToTakeAny() throws {
        let server = try SecureServer()
        do throws(ClientError) {
            _ = try client(TLSPolicy()).send(ClientRequest(.get, try! HTTPURL("https://localhost:\(server.port)/1")))
            Issue.record("it was trusted")
        } catch {
            guard case .untrustedServer = error.reason else { throw error }
            #expect(error.description.contains("the server is not trusted"))
        }
        var policy = TLSPolicy()
        policy.verifiesServer = false
        #expect(try client(policy).send(ClientRequest(.get, server.url("5"))).readAll(limit: 100).count == 5)
    }

    @Test("refuses a certificate for another name, and a file of authorities that is not there")
    func refusesACertificateForAnotherNameAndAFileOfAuthoritiesThatIsNotThere() throws {
        let server = try SecureServer(name: "elsewhere.example.com")
        #expect(throws: ClientError.self) {
            try client(trusting(server.authorities)).send(ClientRequest(.get, server.url("1")))
        }
        #expect(throws: ClientError.self) {
            try client(trusting("/nowhere.pem")).send(ClientRequest(.get, server.url("1")))
        }
    }

    @Test("says of a server that does not speak TLS, and of none, what is the matter")
    func saysOfAServerThatDoesNotSpeakTLSAndOfNoneWhatIsTheMatter() throws {
        let plain = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { _, _, writer in
            try writer.respond(Response(status: .ok, text: "plain"))
        }
        try plain.start()
        defer { plain.stop() }
        do throws(ClientError) {
            _ = try Client().send(ClientRequest(.get, try! HTTPURL("https://\(plain.address)/")))
            Issue.record("it spoke TLS")
        } catch {
            #expect(error.description.contains("no secure connection"))
        }
        let unused = try ListeningSocket(binding: .loopback(port: 0)).address
        do throws(ClientError) {
            _ = try Client().send(ClientRequest(.get, try! HTTPURL("https://\(unused)/")))
            Issue.record("it connected")
        } catch {
            guard case .cannotConnect = error.reason else { throw error }
        }
    }
}
