import Foundation
import TestSupport
import Testing

/// What handlers find in their environment.
@Suite("Variables of handlers", .timeLimit(.minutes(15))) struct VariableTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write(EnvironmentEcho.module, to: "app/m.wat")
        try directory.write(
            "[bindle]\nname = \"b\"\nversion = \"1.0.0\"\n[[handler]]\nname = \"m.wat\"\nroute = \"/\"\n",
            to: "app/HIPPOFACTS")
    }

    private var app: String { directory.path + "/app" }

    /// Lets the app have a handler of a library, at `/other`.
    private func useLibrary() throws {
        try directory.write(EnvironmentEcho.module, to: "library/echo.wat")
        try directory.write(
            "[bindle]\nname = \"l\"\nversion = \"1.0.0\"\n[[export]]\nname = \"echo.wat\"\nid = \"echo\"\n",
            to: "library/HIPPOFACTS")
        let facts = try String(contentsOfFile: app + "/HIPPOFACTS", encoding: .utf8)
        try directory.write(
            facts + "[[handler]]\nroute = \"/other\"\nexternal.bindleId = \"l/1.0.0\"\nexternal.handlerId = \"echo\"\n",
            to: "app/HIPPOFACTS")
        try directory.write("[up]\nlibraries = [\"../library\"]\n", to: "app/hippo-dev.toml")
    }

    private func variables(_ text: String) -> [String] { text.split(separator: "\0").map(String.init) }

    @Test("A request without a port has them, and is told of those of .env") func request() throws {
        try directory.write("KEY=from dotenv\n", to: "app/.env")
        try directory.write("[env]\nCOPY = \"${KEY}, ${OUTER}\"\n", to: "app/hippo-dev.toml")
        let result = try Program.run(["request", "GET", "/"], in: app, environment: ["OUTER": "outer"])
        #expect(result.status == 0 && result.errors == "Handlers get KEY from .env.\n", "\(result.errors)")
        let found = variables(result.output)
        #expect(found.contains("KEY=from dotenv") && found.contains("COPY=from dotenv, outer"), "\(found)")
        let missing = try Program.run(["request", "GET", "/"], in: app)
        #expect(missing.status == 1)
        #expect(missing.errors.contains("hippo-dev.toml:2:8: there is no variable OUTER"), "\(missing.errors)")
        // Nobody else needs them.
        #expect(try Program.run(["check"], in: app).status == 0)
    }

    @Test("Handlers of other bindles get nothing of .env") func libraries() async throws {
        try useLibrary()
        try directory.write("KEY=secret\n", to: "app/.env")
        let options = ["--env", "PLAIN=1"]
        let request = try Program.run(["request", "GET", "/other"] + options, in: app)
        #expect(request.status == 0, "\(request.errors)")
        let sandbox = try SandboxProcess(app, options)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        for text in [request.output.replacingOccurrences(of: "content-type", with: ""), try get(url + "other").body] {
            #expect(variables(text).contains("PLAIN=1"))
            #expect(!text.contains("KEY="), "\(text)")
        }
        #expect(variables(try get(url).body).contains("KEY=secret"))
        // Neither when a save has replaced the module.
        try directory.write(EnvironmentEcho.module + "(; 2 ;)", to: "library/echo.wat")
        try directory.write(EnvironmentEcho.module + "(; 3 ;)", to: "app/m.wat")
        try directory.write("KEY=other\n", to: "app/.env")
        try await sandbox.next("serving") { _ in (try? variables(get(url).body).contains("KEY=other")) == true }
        #expect(try !get(url + "other").body.contains("KEY="))
    }

    @Test("Another WAGI program gets .env unless a module comes from another bindle", arguments: [false, true])
    func otherProgram(hasLibrary: Bool) async throws {
        if hasLibrary { try useLibrary() }
        try directory.write("KEY=secret\n", to: "app/.env")
        let program = try directory.write("#!/bin/sh\nexec \(Program.path) wagi \"$@\"\n", to: "other-wagi")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
        let sandbox = try SandboxProcess(app, ["--wagi", program.path])
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(variables(try get(url).body).contains("KEY=secret") != hasLibrary)
    }

    @Test("A change of .env is a new revision, and builds get nothing of it") func change() async throws {
        try directory.write("KEY=one\n", to: "app/.env")
        try directory.write("[build]\ncommand = \"env > .seen\"\n", to: "app/hippo-dev.toml")
        let sandbox = try SandboxProcess(app)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        #expect(variables(try get(url).body).contains("KEY=one"))
        try directory.write("KEY=two\nMORE=1\n", to: "app/.env")
        try await sandbox.next("serving")
        #expect(variables(try get(url).body).contains("KEY=two"))
        #expect(try !String(contentsOfFile: app + "/.seen", encoding: .utf8).contains("KEY="))
        // A file that is wrong leaves what serves.
        try directory.write("KEY two\n", to: "app/.env")
        let failed = try await sandbox.next("failed")
        #expect(failed["file"]?.string == ".env" && failed["message"]?.string?.contains("Line 1") == true)
        #expect(variables(try get(url).body).contains("KEY=two"))
        try FileManager.default.removeItem(atPath: app + "/.env")
        try await sandbox.next("serving")
        #expect(try !get(url).body.contains("KEY="))
        let told = sandbox.events("log").compactMap { $0["text"]?.string }.filter { $0.contains(".env") }
        #expect(told == ["Handlers get KEY from .env.", "Handlers get KEY, MORE from .env."])
    }

    @Test("A file of variables that is named before it is there is waited for", arguments: ["app", "elsewhere"])
    func laterFile(place: String) async throws {
        try directory.write("", to: "elsewhere/other")
        let sandbox = try SandboxProcess(app)
        let url = try #require(try await sandbox.next("ready")["app"]?.string)
        try directory.write("[up]\nenv-file = [\"../\(place)/local.env\"]\n", to: "app/hippo-dev.toml")
        _ = try await sandbox.next("failed")
        try directory.write("KEY=late\n", to: "\(place)/local.env")
        try await sandbox.next("serving")
        #expect(variables(try get(url).body).contains("KEY=late"))
    }
}
