import Foundation
import HTTP
import TestSupport
import Testing

/// Components that componentize-py makes of Python: a dozen core modules in eighteen megabytes each.
@Suite(.timeLimit(.minutes(15)), .enabled(if: PythonComponent.isAvailable, "\(PythonComponent.absence)"))
struct PythonServingTests {
    private let app: SmallApp

    init() throws {
        app = try SmallApp()
    }

    /// Saves a component beside the handler of the app, at `/python/...`, as one that builds it does.
    private func save(_ component: URL) throws {
        let place = app.directory.url.appendingPathComponent("python.wasm")
        let near = app.directory.url.appendingPathComponent("python.wasm~")
        try FileManager.default.copyItem(at: component, to: near)
        guard rename(near.path, place.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    private func serve() throws -> SandboxProcess {
        try app.writeHippofacts(extra: "[[handler]]\nname = \"python.wasm\"\nroute = \"/python/...\"")
        return try SandboxProcess(app.path)
    }

    @Test("A handler of Python answers, and what is made of it after an edit serves at once") func handler()
        async throws
    {
        // Both at once: the second one is needed soon.
        async let edited = PythonGuest.handler(version: 2)
        try save(try await PythonGuest.handler())
        let sandbox = try serve()
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        let text = try get(url + "python/a%20b?c=d").body
        #expect(text.hasPrefix("GET /python/a%20b?c=d\nhttp 127.0.0.1:"), "\(text)")
        #expect(text.contains("spin-path-info: /a%20b\n"), "\(text)")
        #expect(try get(url + "hello").body == "hello 1")
        #expect(try get(url + "python/version").body == "Python 1")
        try save(try await edited)
        try await sandbox.next("serving")
        #expect(try get(url + "python/version").body == "Python 2")
        let failure = try get(url + "python/trap")
        #expect(failure.status == 500 && failure.body.contains("ValueError: of the test's own"), "\(failure.body)")
    }

    @Test("A command of Python is a CGI program, and what is made of it after an edit serves at once") func command()
        async throws
    {
        async let edited = PythonGuest.command(version: 2)
        try save(try await PythonGuest.command())
        let sandbox = try serve()
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(try get(url + "python/x?a=1&b").body == "Python 1 GET ['/python/x', 'a=1', 'b'] a=1&b \n")
        let request = ClientRequest(.post, try HTTPURL(url + "python/y"), body: .bytes(Array("posted".utf8)))
        let answer = try Client().send(request).readAll(limit: 1 << 20)
        #expect(String(decoding: answer, as: UTF8.self) == "Python 1 POST ['/python/y']  posted\n")
        try save(try await edited)
        try await sandbox.next("serving")
        #expect(try get(url + "python/").body.hasPrefix("Python 2 GET "))
    }

    // MARK: In the terminal

    @Test("A command of Python has its arguments, its environment and its input, and ends with its code") func run()
        async throws
    {
        let path = try await PythonGuest.command().path
        let name = path.split(separator: "/").last!
        #expect(
            try Program.run(["run", path, "arguments", "é", "--env"]).output
                == "['\(name)', 'arguments', 'é', '--env']\n")
        #expect(
            try Program.run(["run", "--env", "A=1", "-e", "B=", path, "environment"]).output == "{'A': '1', 'B': ''}\n")
        #expect(try Program.run(["run", path, "input"], input: "abc\n").output == "4 304\n")
        #expect(try Program.run(["run", path, "exit", "0"]).status == 0)
        // WASI 0.2 tells success from failure, and nothing else.
        #expect(try Program.run(["run", path, "exit", "3"]).status == 1)
        let failed = try Program.run(["run", path, "fail"])
        #expect(failed.status == 134 && failed.errors.contains("ValueError: of the test's own"), "\(failed)")
    }

    @Test("A command of Python looks a name up that is allowed, and connects to its host") func names() async throws {
        let path = try await PythonGuest.command().path
        let server = try ScriptedServer(answer: "HTTP/1.0 200 OK\r\n\r\nanswered")
        let arguments = [path, "connect", "localhost", "\(server.port)"]
        let answered = try Program.run(["run", "--allow-outbound", "http://localhost:\(server.port)"] + arguments)
        #expect(answered.output.hasSuffix("answered"), "\(answered)")
        let refused = try Program.run(["run"] + arguments)
        #expect(refused.status == 134 && refused.output == "", "\(refused)")
        #expect(refused.errors.contains("'--allow-outbound http://localhost:PORT'"), "\(refused.errors)")
    }
}

@Suite struct ComponentToolTests {
    @Test("The tools that make components are there where HIPPO_REQUIRE_DATA says that they have to be")
    func availability() {
        let absent = ["clang", "wasm-ld", "wasm-tools", "componentize-py", "wasmtime"].filter {
            TestTool.find($0) == nil
        }
        #expect(absent.isEmpty || !TestTool.areRequired, "not there: \(absent)")
    }
}
