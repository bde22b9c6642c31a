import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// `up --behind`: a server of the tests' own stands before the app, and passes requests on as Vite's does.
@Suite("Behind another server", .timeLimit(.minutes(15))) struct BehindTests {
    private let app: SmallApp

    init() throws {
        app = try SmallApp()
        try app.save(EnvironmentEcho.module, to: "echo.wat")
        try app.writeHippofacts(extra: "[[handler]]\nname = \"echo.wat\"\nroute = \"/echo/...\"")
    }

    /// Where the sandbox itself serves.
    private func ownServer() throws -> (status: JSONObject, port: UInt16) {
        let status = try Program.run(["status", app.path, "--json"])
        let object = try #require(try JSONValue(parsing: Array(status.output.utf8)).object)
        return (object, try HTTPURL(try #require(object["server"]?.string)).port)
    }

    private func variables(_ url: String) throws -> Set<Substring> { Set(try get(url).body.split(separator: "\0")) }

    @Test("Its address is told, opened and in the status; handlers have it, and pages follow the project through it")
    func front() async throws {
        let proxy = try FrontProxy()
        let opened = app.path + "/opened"
        let browser = try app.directory.write(
            "#!/bin/sh\necho \"$1\" > \(opened).new && mv \(opened).new \(opened)\n", to: "browser.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: browser.path)
        let sandbox = try SandboxProcess(
            app.path, ["--behind", proxy.origin, "--open"], environment: ["BROWSER": browser.path])
        #expect(try await sandbox.next("ready")["app"]?.string == proxy.origin + "/")
        #expect(try await found { try? String(contentsOfFile: opened, encoding: .utf8) } == proxy.origin + "/\n")
        let (status, port) = try ownServer()
        #expect(status["app"]?.string == proxy.origin + "/")
        let text = try Program.run(["status", app.path]).output
        #expect(
            text.contains("app      \(proxy.origin)/\nserver   http://127.0.0.1:\(port)/\nbindle   http://"), "\(text)")
        #expect(
            sandbox.events("log").contains {
                $0["text"]?.string == "The server in front is to pass requests on to http://127.0.0.1:\(port)/."
            })

        proxy.target.port = port
        #expect(try variables(proxy.origin + "/echo/a?b").contains("X_FULL_URL=\(proxy.origin)/echo/a?b"))
        #expect(try variables("http://127.0.0.1:\(port)/echo").contains("X_FULL_URL=http://127.0.0.1:\(port)/echo"))
        // The script is in the page, and has its stream of events, with what only the developer is told.
        let own = "Host: localhost:\(proxy.port)\r\nSec-Fetch-Site: same-origin\r\n"
        let page = try RawSocket(port: proxy.port)
        try page.send("GET /assets/index.html HTTP/1.1\r\n\(own)Sec-Fetch-Dest: document\r\nAccept: text/html\r\n\r\n")
        #expect(try page.receiveAll().contains("/.hippo/reload.js"))
        let events = try RawSocket(port: proxy.port)
        try events.send("GET /.hippo/events HTTP/1.1\r\n\(own)Origin: \(proxy.origin)\r\n\r\n")
        #expect(try events.receive(until: "event: status").hasPrefix("HTTP/1.1 200 OK\r\n"))
        try app.save("(module", to: "hello.wat")
        _ = try events.receive(until: "hello.wat")
    }

    @Test("Its origin counts as the app's own, and no other one does; its name is one of the app's")
    func originAndName() async throws {
        try app.save("[up]\nbehind = \"https://front.example\"\n", to: "hippo-dev.toml")
        let sandbox = try SandboxProcess(app.path)
        #expect(try await sandbox.next("ready")["app"]?.string == "https://front.example/")
        let (_, port) = try ownServer()
        func head(_ path: String, _ fields: String) throws -> String {
            let raw = try RawSocket(port: port)
            try raw.send("GET \(path) HTTP/1.1\r\n\(fields)\r\n\r\n")
            return try raw.receive(until: "\r\n\r\n")
        }
        for path in ["/.hippo/events", "/.hippo/reload.js"] {
            // Of a page that it has passed on, and of one that asks here directly.
            for fields in [
                "Host: front.example\r\nOrigin: https://front.example\r\nSec-Fetch-Site: same-origin",
                "Host: front.example\r\nSec-Fetch-Site: same-origin",
                "Host: 127.0.0.1:\(port)\r\nOrigin: https://front.example\r\nSec-Fetch-Site: cross-site",
            ] {
                #expect(try head(path, fields).hasPrefix("HTTP/1.1 200 OK\r\n"), "\(fields)")
            }
            for fields in [
                "Host: 127.0.0.1:\(port)\r\nOrigin: http://front.example\r\nSec-Fetch-Site: cross-site",
                "Host: 127.0.0.1:\(port)\r\nOrigin: https://front.example:8443\r\nSec-Fetch-Site: cross-site",
                "Host: 127.0.0.1:\(port)\r\nOrigin: https://other.example",
            ] {
                #expect(try head(path, fields).hasPrefix("HTTP/1.1 403 "), "\(fields)")
            }
        }
        #expect(try head("/hello", "Host: other.example").hasPrefix("HTTP/1.1 421 "))
        // This machine is not front.example, whatever it claims.
        let claim = "X-Forwarded-For: 8.8.8.8\r\nX-Forwarded-Host: front.example\r\nX-Forwarded-Proto: https"
        let raw = try RawSocket(port: port)
        try raw.send("GET /echo HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\(claim)\r\n\r\n")
        let answer = Set(try raw.receiveAll().split(separator: "\0"))
        #expect(answer.contains("X_FULL_URL=http://127.0.0.1:\(port)/echo") && answer.contains("REMOTE_ADDR=127.0.0.1"))
        // Another one takes a new start, as another port does.
        try app.save("[up]\nbehind = \"https://other.example\"\n", to: "hippo-dev.toml")
        try await sandbox.next("log") {
            $0["text"]?.string?.contains("'behind' takes effect when hippo-dev up is started again") == true
        }
        try app.writeHandler("hello 2")
        try await sandbox.next("serving") { $0["revision"]?.integer == 2 }
        #expect(try head("/hello", "Host: front.example").hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(try head("/hello", "Host: other.example").hasPrefix("HTTP/1.1 421 "))
    }

    @Test("A name that is not known is told, and hinders nothing") func unknownName() async throws {
        let sandbox = try SandboxProcess(app.path, ["--behind", "http://nowhere.invalid"])
        #expect(try await sandbox.next("ready")["app"]?.string == "http://nowhere.invalid/")
        let (_, port) = try ownServer()
        #expect(try get("http://127.0.0.1:\(port)/hello").body == "hello 1")
        let told = try await found(within: SandboxProcess.patience) {
            sandbox.events("log").first { $0["text"]?.string?.contains("nowhere.invalid") == true }
        }
        #expect(told?["text"]?.string?.hasPrefix("nowhere.invalid, the host of --behind, is not known yet: ") == true)
    }

    @Test("What is no URL is refused", arguments: ["localhost:5173", "ftp://localhost", "http://", "5173"])
    func malformed(url: String) throws {
        let result = try Program.run(["up", app.path, "--behind", url])
        #expect(result.status == 2 && result.errors.contains("'--behind'"), "\(result.errors)")
        #expect(result.errors.contains("http://localhost:5173"), "\(result.errors)")
    }

    @Test("The command of --once asks the app itself: what stands in front may not run") func once() throws {
        let result = try Program.run(
            ["up", app.path, "--once", "--behind", "http://localhost:1", "--wait-for", "/hello", "--", "sh", "-c"]
                + ["echo \"$APP_URL\""])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("http://127.0.0.1:"), "\(result.output)")
    }
}
