import Foundation
import TestSupport
import Testing

/// Programs that serve HTTPS, and curl.
@Suite(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "curl is not in /usr/bin"),
    .timeLimit(.minutes(15)))
struct HTTPSTests {
    private func curl(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        process.arguments = ["-sS", "--noproxy", "*", "--max-time", "30"] + arguments
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }

    @Test("up --https serves what a client sees that trusts its authority, also after a save")
    func upServesHTTPS() async throws {
        let app = try SmallApp()
        let configuration = try TemporaryDirectory()
        let authority = configuration.path + "/hippo/https_authority.pem"
        let sandbox = try SandboxProcess(
            app.path, ["--https"], environment: ["XDG_CONFIG_HOME": configuration.path])
        let ready = try await sandbox.next("ready")
        let url = try #require(ready["app"]?.string)
        #expect(url.hasPrefix("https://127.0.0.1:"))
        let port = try #require(url.split(separator: ":").last?.dropLast())
        let trusting = ["--cacert", authority]
        #expect(try curl(trusting + [url + "hello"]) == "hello 1")
        #expect(
            try curl(
                trusting + ["https://app.localhost:\(port)/hello", "--resolve", "app.localhost:\(port):127.0.0.1"])
                == "hello 1")
        #expect(try curl(["http://127.0.0.1:\(port)/hello"]).contains("use https://"))
        #expect(try curl([url + "hello"]).contains("certificate"))
        try app.writeHandler("hello 2")
        try await sandbox.next("serving")
        #expect(try curl(trusting + [url + "hello"]) == "hello 2")
        // The key is nobody else's, and no process has the files on its command line.
        var status = stat()
        #expect(stat(configuration.path + "/hippo/https_authority_key.pem", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("up --https serves its bindles as HTTPS, and all commands that ask a running sandbox find it")
    func upServesBindlesByHTTPS() async throws {
        let app = try SmallApp()
        let configuration = try TemporaryDirectory()
        let environment = ["XDG_CONFIG_HOME": configuration.path]
        let sandbox = try SandboxProcess(app.path, ["--https"], environment: environment)
        let bindle = try #require(try await sandbox.next("ready")["bindle"]?.string)
        #expect(bindle.hasPrefix("https://127.0.0.1:"))
        let authority = configuration.path + "/hippo/https_authority.pem"
        #expect(try curl(["--cacert", authority, bindle + "/_i/small/1.2.3"]).contains("1.2.3"))
        #expect(try curl(["http" + bindle.dropFirst(5) + "/_i/small/1.2.3"]).contains("use https://"))
        try app.save("second", to: "assets/style.css")
        try await sandbox.next("serving")
        func run(_ arguments: String...) throws -> String {
            let result = try Program.run(arguments, environment: environment)
            #expect(result.status == 0, "\(arguments): \(result.errors)")
            return result.output
        }
        // The sandbox is found by its store, and known by its key; by its URL, the user's authority vouches for it.
        #expect(try run("revisions", app.path).split(separator: "\n").count == 2)
        #expect(try run("revisions", "--sandbox-url", bindle).split(separator: "\n").count == 2)
        #expect(try run("rollback", "1", app.path).contains("Revision 3 brings back revision 1"))
        #expect(try run("bindle", "info", "-s", bindle, "small/1.2.3").contains("small"))
        let other = try Program.run(
            ["bindle", "info", "-s", bindle, "--ca-file", "/etc/ssl/certs/ca-certificates.crt", "small/1.2.3"],
            environment: environment)
        #expect(other.status == 1 && other.errors.contains("not trusted"), "\(other)")
        let exported = configuration.path + "/exported"
        _ = try run("export", "wwwroot", exported, "--project", app.path)
        #expect(FileManager.default.fileExists(atPath: exported + "/assets/style.css"))
    }

    @Test("up with a certificate of any name is found by its commands, also when the files are renewed")
    func upWithFiles() async throws {
        let app = try SmallApp()
        let files = try TemporaryDirectory()
        func makeCertificate() throws {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", files.path + "/key.pem", "-out", files.path + "/certificate.pem", "-subj",
                "/CN=app.example", "-days", "2",
            ]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0)
        }
        try makeCertificate()
        let options = ["--tls-cert", files.path + "/certificate.pem", "--tls-key", files.path + "/key.pem"]
        let sandbox = try SandboxProcess(app.path, options)
        let bindle = try #require(try await sandbox.next("ready")["bindle"]?.string)
        #expect(bindle.hasPrefix("https://"))
        #expect(try Program.run(["revisions", app.path]).output.contains("small/1.2.3"))
        try makeCertificate()
        // Whoever connects first has the files read again.
        _ = try curl(["-k", bindle + "/_i/small/1.2.3"])
        #expect(try Program.run(["revisions", app.path]).output.contains("small/1.2.3"))
        let stranger = try Program.run(["revisions", "--sandbox-url", bindle])
        #expect(stranger.status == 1 && stranger.errors.contains("not trusted"), "\(stranger)")
    }

    @Test("up --https --bindle-http serves its bindles as plain HTTP")
    func upServesBindlesByHTTP() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--https", "--bindle-http"])
        let ready = try await sandbox.next("ready")
        let bindle = try #require(ready["bindle"]?.string)
        #expect(ready["app"]?.string?.hasPrefix("https://") == true && bindle.hasPrefix("http://"))
        #expect(try curl([bindle + "/_i/small/1.2.3"]).contains("1.2.3"))
        #expect(try Program.run(["revisions", app.path]).output.contains("small/1.2.3"))
    }

    @Test("up --https does not start another WAGI program, which could not fetch the bindle, and says what to add")
    func otherProgram() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--https", "--wagi", "/bin/true"])
        let failure = try await sandbox.next("failed")
        #expect(failure.serialized.contains("--bindle-http"), "\(failure)")
    }

    @Test("Pages that were opened by HTTPS are told of a save, and a WebSocket passes to another server")
    func eventsAndWebSockets() async throws {
        let echo = try RawEcho(
            answer: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        let app = try SmallApp()
        try app.save("[proxy]\n\"/ws\" = \"http://127.0.0.1:\(echo.port)\"\n", to: "hippo-dev.toml")
        let configuration = try TemporaryDirectory()
        let sandbox = try SandboxProcess(
            app.path, ["--https"], environment: ["XDG_CONFIG_HOME": configuration.path])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let page = Process()
        page.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
        page.arguments = [
            "-sS", "-N", "--noproxy", "*", "--max-time", "60", "--cacert",
            configuration.path + "/hippo/https_authority.pem", url + ".hippo/events",
        ]
        let events = Pipe()
        page.standardOutput = events
        try page.run()
        defer { page.terminate() }
        var text = ""
        func read(until part: String) {
            while !text.contains(part) {
                let data = events.fileHandleForReading.availableData
                guard !data.isEmpty else { return }
                text += String(decoding: data, as: UTF8.self)
            }
        }
        read(until: "\n\n")
        text = ""
        try app.save("h1 { color: blue }", to: "assets/style.css")
        read(until: "style.css")
        #expect(text.contains("style.css"), "\(text)")

        let script = """
            import os, socket, ssl
            context = ssl.create_default_context(cafile=os.environ['AUTHORITY'])
            plain = socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), timeout=20)
            tls = context.wrap_socket(plain, server_hostname='localhost')
            tls.sendall(b'GET /ws HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n'
                        b'Sec-WebSocket-Key: abc\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\nearly')
            data = b''
            while not data.endswith(b'early'): data += tls.recv(65536)
            tls.sendall(b'late' * 50000)
            count = 0
            while count < 200000: count += len(tls.recv(65536))
            print(data.split(b' ')[1].decode(), count)
            """
        let client = Process()
        client.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        client.arguments = ["python3", "-c", script]
        client.environment = [
            "PORT": url.split(separator: ":").last.map { String($0.dropLast()) } ?? "", "PATH": "/usr/bin:/bin",
            "AUTHORITY": configuration.path + "/hippo/https_authority.pem",
        ]
        let output = Pipe()
        client.standardOutput = output
        client.standardError = output
        try client.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        #expect(String(decoding: answer, as: UTF8.self) == "101 200000\n")
    }

    @Test("Where OpenSSL is not installed, servers say so, and what to do")
    func withoutOpenSSL() throws {
        let directory = try TemporaryDirectory()
        // Found before the system's, and no libraries.
        for name in ["libssl.so.3", "libssl.so.1.1"] { try directory.write("nothing", to: name) }
        let app = try SmallApp()
        let file = directory.path + "/libssl.so.3"
        let up = ["up", app.path, "--listen", "127.0.0.1:0", "--bindle-listen", "127.0.0.1:0"]
        for command in [
            up + ["--https"], up + ["--tls-cert", file, "--tls-key", file],
            ["bindle", "serve", "--store", directory.path + "/s", "--tls-cert", file, "--tls-key", file],
        ] {
            let result = try Program.run(command, environment: ["LD_LIBRARY_PATH": directory.path])
            #expect(result.status != 0)
            #expect(
                result.errors.contains("libssl.so.3 cannot be loaded; TLS needs it: install OpenSSL"),
                "\(command): \(result.errors)")
        }
    }

    @Test("wagi, bindle serve and up say which of their files is wrong, and that two go together")
    func wrongFiles() throws {
        let directory = try TemporaryDirectory()
        try directory.write("no certificate", to: "file.pem")
        let file = directory.path + "/file.pem"
        for command in [["wagi", "-c", file], ["bindle", "serve"], ["up", directory.path]] {
            #expect(try Program.run(command + ["--tls-cert", file]).errors.contains("go together"), "\(command)")
        }
        let result = try Program.run(
            ["bindle", "serve", "--store", directory.path + "/s", "--tls-cert", file, "--tls-key", "/nowhere.pem"])
        #expect(result.errors.contains("/nowhere.pem cannot be read"))
    }
}
