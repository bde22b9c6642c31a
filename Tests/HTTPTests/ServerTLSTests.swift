import Foundation
import Synchronization
import TestSupport
import Testing

@testable import HTTP

/// A server that speaks TLS with certificates of an authority in a temporary directory, and programs that speak to it.
private final class SecuredServer {
    let directory: TemporaryDirectory
    let authority: LocalAuthority
    let identity: TLSIdentity
    let server: TestServer

    static let isPossible = ["/usr/bin/curl", "/usr/bin/python3"].allSatisfy(FileManager.default.isExecutableFile)

    init(handler: @escaping RequestHandler = echo, identity: ((SecuredServer.Files) throws -> TLSIdentity)? = nil)
        throws
    {
        let directory = try TemporaryDirectory()
        let authority = try LocalAuthority(directory: directory.path)
        self.directory = directory
        self.authority = authority
        let tls = try identity?(Files(directory: directory, authority: authority)) ?? TLSIdentity(authority: authority)
        self.identity = tls
        server = try TestServer(configure: { $0.tls = tls }, handler: handler)
    }

    /// The files of a certificate and its key.
    struct Files {
        let directory: TemporaryDirectory
        let authority: LocalAuthority

        var certificate: String { directory.path + "/certificate.pem" }
        var key: String { directory.path + "/key.pem" }

        /// Writes a new certificate and its key.
        func write(for name: String) throws {
            let key = try CertificateKey(authority.key.library)
            let certificate = try authority.certificate(for: name, key: key)
            try directory.write(String(decoding: key.pem, as: UTF8.self), to: "key.pem")
            try directory.write(String(decoding: certificate.pem, as: UTF8.self), to: "certificate.pem")
        }
    }

    var files: Files { Files(directory: directory, authority: authority) }
    var port: UInt16 { server.address.port }

    /// What a program writes, and how it ends. It knows the port as `PORT` and the authority as `AUTHORITY`.
    func run(_ program: String, _ arguments: [String], input: [UInt8] = []) throws -> (output: String, status: Int32) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ["PORT": "\(port)", "AUTHORITY": authority.certificateFile, "PATH": "/usr/bin:/bin"]
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (String(decoding: data, as: UTF8.self), process.terminationStatus)
    }

    func curl(_ url: String, _ arguments: String...) throws -> (output: String, status: Int32) {
        try run(
            "/usr/bin/curl",
            ["-sS", "--noproxy", "*", "--max-time", "30", "--cacert", authority.certificateFile] + arguments + [
                url.replacing("PORT", with: "\(port)")
            ])
    }

    /// Runs a script of Python that has connected by TLS: `tls` is the socket.
    func python(_ script: String, context: String = "") throws -> String {
        let head = """
            import os, socket, ssl
            context = ssl.create_default_context(cafile=os.environ['AUTHORITY'])
            \(context)
            plain = socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), timeout=20)
            tls = context.wrap_socket(plain, server_hostname='localhost')

            """
        return try run("/usr/bin/python3", ["-c", head + script]).output
    }
}

@Suite(
    "A server that speaks TLS", .enabled(if: SecuredServer.isPossible, "curl or python3 is not in /usr/bin"),
    .serialized)
struct ServerTLSTests {
    @Test("serves TLS 1.2 and 1.3, and nothing older", arguments: ["1.2", "1.3"])
    func versions(version: String) throws {
        let server = try SecuredServer()
        let name = "TLSv" + version.replacing(".", with: "_")
        let context = "context.minimum_version = context.maximum_version = ssl.TLSVersion.\(name)"
        #expect(try server.python("print(tls.version())", context: context) == "TLSv\(version)\n")
        let older = """
            context.set_ciphers('ALL:@SECLEVEL=0')
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            """
        #expect(try server.python("print('served')", context: older).contains("SSLError"))
    }

    @Test("speaks HTTP/1.1 to who offers it among others, and refuses who wants others only")
    func protocols() throws {
        let server = try SecuredServer()
        let script = "print(tls.selected_alpn_protocol())"
        let offer = "context.set_alpn_protocols(['h2', 'http/1.1'])"
        #expect(try server.python(script, context: offer) == "http/1.1\n")
        #expect(try server.python(script) == "None\n")
        #expect(try server.python(script, context: "context.set_alpn_protocols(['h2'])").contains("SSLError"))
        #expect(try server.curl("https://localhost:PORT/a", "-w", "%{http_version}", "-o", "/dev/null").output == "1.1")
    }

    @Test("sends back a body of 20 MB as it came, and tells the handler of the client")
    func largeBodies() throws {
        let clients = Mutex<[String]>([])
        let server = try SecuredServer { request, body, writer in
            clients.withLock { $0.append("\(request.isSecured) \(request.remoteAddress?.host ?? "")") }
            try echo(request, body, writer)
        }
        var generator = SeededGenerator(seed: 11)
        let bytes = Data(generator.bytes(20 << 20))
        try bytes.write(to: URL(fileURLWithPath: server.directory.path + "/sent"))
        let result = try server.curl(
            "https://localhost:PORT/", "--data-binary", "@\(server.directory.path)/sent", "-o",
            "\(server.directory.path)/received")
        #expect(result.status == 0, "\(result.output)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: server.directory.path + "/received")) == bytes)
        #expect(clients.withLock { $0 } == ["true 127.0.0.1"])
    }

    @Test("sends a large file whole, to a client that is slow to begin, too")
    func largeFile() throws {
        let directory = try TemporaryDirectory()
        let count = 9 << 20
        try directory.write(String(repeating: "0123456789abcdef", count: count / 16), to: "file")
        let file = try OpenFile(path: directory.path + "/file")
        let server = try SecuredServer { _, _, writer in
            try writer.respond(Response(body: .file(file, 0..<Int64(count))))
        }
        let script = """
            import time
            tls.sendall(b'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n')
            time.sleep(0.3)
            data = b''
            while True:
                part = tls.recv(65536)
                if not part: break
                data += part
            body = data.split(b'\\r\\n\\r\\n', 1)[1]
            print(len(body), body == b'0123456789abcdef' * (len(body) // 16))
            """
        #expect(try server.python(script) == "\(count) True\n")
    }

    @Test("keeps connections for further requests, and answers a client that has ended its side")
    func keepsConnections() throws {
        let server = try SecuredServer()
        let result = try server.curl(
            "https://localhost:PORT/a", "https://localhost:\(server.port)/b", "-w", "%{num_connects} ")
        #expect(result.output == "1 0 ")
        let script = """
            tls.sendall(b'POST / HTTP/1.1\\r\\nHost: localhost\\r\\nContent-Length: 5\\r\\n\\r\\nhello')
            socket.socket(fileno=os.dup(tls.fileno())).shutdown(socket.SHUT_WR)
            data = b''
            while not data.endswith(b'hello'): data += tls.recv(65536)
            print(data.split(b' ')[1].decode())
            """
        #expect(try server.python(script) == "200\n")
    }

    @Test("lets clients that stall in the handshake, or send something else, hold up nobody")
    func stallsAndGarbage() throws {
        let server = try SecuredServer()
        let silent = try (0..<50).map { _ in try server.server.connect() }
        // The beginning of a handshake, and no more.
        let stalled = try (0..<50).map { _ in try server.server.connect() }
        for connection in stalled { try connection.send([22, 3, 1, 2, 0, 1, 0, 1]) }
        let garbage = try server.server.connect()
        try garbage.send([UInt8](repeating: 0xA7, count: 4096))
        let broken = try server.server.connect()
        try broken.send([22, 3, 1, 0, 5, 9, 9, 9, 9, 9])
        #expect(try server.curl("https://localhost:PORT/", "-d", "served").output == "served")
        #expect(try garbage.isAtEnd())
        // An alert, and the end.
        #expect(try broken.readToEnd().utf8.count < 16)
        _ = silent
    }

    @Test("gives a handshake up that is not done in time, before its first byte or within")
    func deadline() throws {
        let directory = try TemporaryDirectory()
        let socket = try ListeningSocket(binding: .loopback(port: 0))
        let terminator = try TLSTerminator(
            socket: socket, identity: TLSIdentity(authority: LocalAuthority(directory: directory.path)),
            connections: ConnectionQueue(), handshakeTime: .milliseconds(50), onProblem: { _ in })
        try terminator.start()
        let silent = try RawConnection(to: socket.address)
        let stalled = try RawConnection(to: socket.address)
        try stalled.send([22, 3, 1, 2, 0, 1, 0, 1])
        #expect(try silent.isAtEnd())
        #expect(try stalled.isAtEnd())
        terminator.finish(within: .zero)
    }

    @Test("answers plain HTTP with a short 400, and never serves it")
    func plainHTTP() throws {
        let served = Atomic(0)
        let server = try SecuredServer { _, _, writer in
            served.add(1, ordering: .relaxed)
            try writer.respond(Response())
        }
        let response = try server.server.exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(response.status == 400)
        #expect(response.text.contains("https://"))
        #expect(served.load(ordering: .relaxed) == 0)
    }

    @Test("streams events, and says when the stream is over")
    func eventStream() throws {
        let server = try SecuredServer { _, _, writer in
            try writer.writeHead(.ok, ["Content-Type": "text/event-stream"])
            for number in 1...3 {
                try writer.write("data: \(number)\n\n")
                try writer.flush()
            }
        }
        #expect(try server.curl("https://localhost:PORT/", "-N").output == "data: 1\n\ndata: 2\n\ndata: 3\n\n")
    }

    @Test("keeps a connection when another process takes over, as it seems to the server, and tells that of its client")
    func handOver() throws {
        let directory = try TemporaryDirectory()
        let authority = try LocalAuthority(directory: directory.path)
        let queue = try ConnectionQueue()
        let socket = try ListeningSocket(binding: .loopback(port: 0))
        let terminator = try TLSTerminator(
            socket: socket, identity: TLSIdentity(authority: authority), connections: queue, onProblem: { _ in })
        let served = Gate()
        let first = Server(connections: queue) { _, _, writer in
            try writer.respond(Response(body: .bytes(Array("one".utf8))))
            served.open()
        }
        let second = Server(connections: queue) { request, _, writer in
            let text = "\(request.isSecured) \(request.remoteAddress?.host ?? "nobody")"
            try writer.respond(Response(body: .bytes(Array(text.utf8))))
        }
        try terminator.start()
        try first.start()
        let taking = Thread {
            _ = served.wait()
            first.handOver(deadline: .seconds(5))
            try? second.start()
        }
        taking.start()
        let url = "https://localhost:\(socket.address.port)/"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        // A request a second: the second finds another server.
        process.arguments = [
            "-sS", "--noproxy", "*", "--max-time", "30", "--rate", "1/s", "--cacert", authority.certificateFile, "-w",
            " %{num_connects}\\n", url, url,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text == "one 1\ntrue 127.0.0.1 0\n")
        second.stop()
        terminator.finish(within: .zero)
    }

    // MARK: Clients of this program

    private func client(_ configure: (inout TLSPolicy) -> Void) -> Client {
        var configuration = ClientConfiguration()
        configure(&configuration.tls)
        // The next request connects anew.
        configuration.maximumIdlePerHost = 0
        return Client(configuration: configuration)
    }

    private func get(_ url: String, by client: Client) throws(ClientError) -> Int {
        guard let url = try? HTTPURL(url) else { return 0 }
        let response = try client.send(ClientRequest(.get, url))
        response.close()
        return response.status.code
    }

    private func isRefused(_ url: String, by client: Client) throws -> Bool {
        do throws(ClientError) {
            _ = try get(url, by: client)
            return false
        } catch {
            guard case .untrustedServer = error.reason else { throw error }
            return true
        }
    }

    @Test("is known by its key to who was told of that, whatever its certificate says, also a renewed one")
    func keyPin() throws {
        let server = try SecuredServer(identity: { files in
            try files.write(for: "example.com")
            return try TLSIdentity(certificateFile: files.certificate, keyFile: files.key, onProblem: { _ in })
        })
        let told = Mutex<[String?]>([])
        server.identity.onRenewal { [identity = server.identity] in
            told.withLock { $0.append(identity.publicKeyPin) }
        }
        let url = "https://127.0.0.1:\(server.port)/"
        let pin = try #require(server.identity.publicKeyPin)
        #expect(pin.hasPrefix("sha256//") && pin.utf8.count == 52)
        #expect(try get(url, by: client { $0.publicKeyPin = pin }) == 200)
        #expect(try isRefused(url, by: client { _ in }))
        let other = try SecuredServer()
        #expect(try isRefused(url, by: client { $0.publicKeyPin = other.identity.publicKeyPin }))
        #expect(told.withLock { $0 } == [])
        try server.files.write(for: "example.org")
        #expect(try isRefused(url, by: client { $0.publicKeyPin = pin }))
        let renewed = try #require(server.identity.publicKeyPin)
        #expect(renewed != pin && told.withLock { $0 } == [renewed])
        #expect(try get(url, by: client { $0.publicKeyPin = renewed }) == 200)
    }

    @Test("is trusted on this machine by the user's own authority, beside the system's, and by no other file")
    func localAuthority() throws {
        let server = try SecuredServer()
        let own = client { $0.localAuthorityPath = server.authority.certificateFile }
        #expect(try get("https://localhost:\(server.port)/", by: own) == 200)
        #expect(try get("https://127.0.0.1:\(server.port)/", by: own) == 200)
        let other = try SecuredServer()
        for path in [other.authority.certificateFile, "/nowhere.pem"] {
            #expect(
                try isRefused("https://localhost:\(server.port)/", by: client { $0.localAuthorityPath = path }))
        }
        let beside = client {
            $0.localAuthorityPath = server.authority.certificateFile
            $0.authoritiesPath = other.authority.certificateFile
        }
        for port in [server.port, other.port] { #expect(try get("https://localhost:\(port)/", by: beside) == 200) }
    }

    // MARK: Certificates

    @Test("has a certificate for localhost, each name below it, and both loopback addresses, and for no other name")
    func names() throws {
        let server = try SecuredServer()
        for host in ["localhost", "127.0.0.1", "app.localhost", "a.b.localhost"] {
            let result = try server.curl(
                "https://\(host):PORT/", "--resolve", "\(host):\(server.port):127.0.0.1", "-d", "x")
            #expect(result.output == "x", "\(host): \(result.output)")
        }
        let other = try server.curl(
            "https://example.com:PORT/", "--resolve", "example.com:\(server.port):127.0.0.1")
        // CURLE_PEER_FAILED_VERIFICATION
        #expect(other.status == 60)
        let stranger = try server.run(
            "/usr/bin/curl",
            [
                "-sS", "--noproxy", "*", "--cacert", "/etc/ssl/certs/ca-certificates.crt",
                "https://localhost:\(server.port)/",
            ])
        #expect(stranger.status == 60 || stranger.status == 77)
    }

    @Test("is not believed where the authority vouches for a name that it is not to vouch for")
    func constraints() throws {
        let server = try SecuredServer(identity: { files in
            try files.write(for: "example.com")
            return try TLSIdentity(certificateFile: files.certificate, keyFile: files.key, onProblem: { _ in })
        })
        let result = try server.curl("https://example.com:PORT/", "--resolve", "example.com:\(server.port):127.0.0.1")
        #expect(result.status == 60)
        #expect(result.output.contains("permitted subtree violation"), "\(result.output)")
    }

    @Test("takes up renewed files, and keeps the ones before while the new ones do not fit each other")
    func renewal() throws {
        let problems = Mutex<[String]>([])
        let server = try SecuredServer(identity: { files in
            try files.write(for: "one.localhost")
            return try TLSIdentity(certificateFile: files.certificate, keyFile: files.key) { problem in
                problems.withLock { $0.append(problem) }
            }
        })
        func status(_ host: String) throws -> Int32 {
            try server.curl("https://\(host):PORT/", "--resolve", "\(host):\(server.port):127.0.0.1").status
        }
        #expect(try status("one.localhost") == 0)
        #expect(try status("two.localhost") == 60)
        let certificate = try String(contentsOfFile: server.files.certificate, encoding: .utf8)
        try server.files.write(for: "two.localhost")
        #expect(try status("two.localhost") == 0)
        // The key is that of the second one.
        try server.directory.write(certificate, to: "certificate.pem")
        #expect(try status("two.localhost") == 0)
        #expect(try status("two.localhost") == 0)
        #expect(problems.withLock { $0.count } == 1)
        #expect(problems.withLock { $0.first ?? "" }.contains("does not fit the certificate of"))
    }

    @Test("says which file cannot be read, is none, or does not fit")
    func wrongFiles() throws {
        let directory = try TemporaryDirectory()
        let files = SecuredServer.Files(directory: directory, authority: try LocalAuthority(directory: directory.path))
        func problem(_ certificate: String, _ key: String) -> String {
            do throws(TLSProblem) {
                _ = try TLSIdentity(certificateFile: certificate, keyFile: key, onProblem: { _ in })
                return ""
            } catch { return error.description }
        }
        try files.write(for: "localhost")
        #expect(problem(files.certificate, files.key) == "")
        #expect(problem("/nowhere.pem", files.key).hasPrefix("/nowhere.pem cannot be read: "))
        #expect(problem(files.certificate, "/nowhere.pem").hasPrefix("/nowhere.pem cannot be read: "))
        #expect(problem(files.key, files.key).hasPrefix("\(files.key) is no certificate in PEM"))
        #expect(problem(files.certificate, files.certificate).hasPrefix("\(files.certificate) is no private key"))
        let other = try CertificateKey(files.authority.key.library)
        try directory.write(String(decoding: other.pem, as: UTF8.self), to: "other.pem")
        #expect(
            problem(files.certificate, directory.path + "/other.pem")
                == "the key of \(directory.path)/other.pem does not fit the certificate of \(files.certificate)")
    }

    @Test("A local authority is made once, and its key is for its user alone")
    func authority() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/made"
        let one = try LocalAuthority(directory: path)
        let other = try LocalAuthority(directory: path)
        #expect(one.certificate.pem == other.certificate.pem)
        #expect(one.key.pem == other.key.pem)
        let keyFile = path + "/https_authority_key.pem"
        var status = stat()
        #expect(stat(keyFile, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(try !String(contentsOfFile: one.certificateFile, encoding: .utf8).contains("PRIVATE"))
        chmod(keyFile, 0o644)
        #expect(throws: TLSProblem.self) { try LocalAuthority(directory: path) }
    }

    @Test("is stopped while connections are open and handshakes are under way")
    func stops() throws {
        let server = try SecuredServer()
        let silent = try server.server.connect()
        #expect(try server.curl("https://localhost:PORT/", "-d", "x").output == "x")
        server.server.server.drain(deadline: .seconds(5))
        #expect(try silent.isAtEnd())
    }
}
