import Bindle
import Foundation
import TestSupport
import Testing

/// `hippo-dev export nomad`, from the sandbox that serves the artifacts.
@Suite("Exporting a job for Nomad", .timeLimit(.minutes(15)))
struct ExportNomadTests {
    @Test("The job names artifacts that are there, with their checksums, and checks a route of the app")
    func job() async throws {
        let app = try SmallApp()
        let sandbox = try SandboxProcess(app.path, ["--no-watch"])
        let ready = try await sandbox.next("ready")
        let root = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "")
        let result = try Program.run(["export", "nomad", "--project", app.path, "--secret", "KEY"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("nomad var put nomad/jobs/small KEY=") && result.errors.contains("/hello"))
        let sources = result.output.matches(of: /source +[=] "([^"]+)"/).map { String($0.1) }
        #expect(sources.count == 2 && sources.allSatisfy { $0.hasPrefix(root + "/artifacts/") })
        for source in sources {
            let digest = try #require(source.split(separator: "=").last)
            #expect(result.output.contains("\"sha256:\(digest)\""))
            let path = try #require(source.split(separator: "?").first)
            #expect(try get(path + ".sha256").body.hasPrefix(digest))
        }
        let other = try Program.run(
            ["export", "nomad", "--project", app.path, "--artifact-url", "https://a.example/x/", "--format", "json"])
        #expect(other.output.contains(#""GetterSource":"https://a.example/x/small/1.2.3.tar.gz?sha256="#))
        #expect(other.output.hasPrefix(#"{"Job":{"ID":"small","#))
    }

    @Test("An address that Nomad does not reach is none for artifacts") func loopback() async throws {
        let app = try SmallApp()
        let none = try Program.run(["export", "nomad", "--project", app.path])
        #expect(none.status == 1 && none.errors.contains("--artifact-url"))
        let sandbox = try SandboxProcess(app.path, ["--no-watch"])
        _ = try await sandbox.next("ready")
        let remote = try Program.run(
            ["export", "nomad", "--project", app.path], environment: ["NOMAD_ADDR": "http://10.0.0.5:4646"])
        #expect(remote.status == 1 && remote.errors.contains("Nomad is at 10.0.0.5"))
    }

    @Test("What keeps a submission from its way has exit codes of its own") func submission() throws {
        let app = try SmallApp()
        let arguments = [
            "export", "nomad", "--project", app.path, "--artifact-url", "http://127.0.0.1:8080/artifacts", "--submit",
            "--yes",
        ]
        let denial = try ScriptedServer(
            answer: "HTTP/1.1 403 Forbidden\r\nContent-Length: 17\r\nConnection: close\r\n\r\nPermission denied",
            toRequestsEndingWith: "true}")
        let denied = try Program.run(arguments, environment: ["NOMAD_ADDR": "http://127.0.0.1:\(denial.port)"])
        #expect(denied.status == 6 && denied.errors.contains("NOMAD_TOKEN"))
        // Nobody listens at a port that was just given back.
        let port = try ScriptedServer(answer: "").port
        let gone = try Program.run(arguments, environment: ["NOMAD_ADDR": "http://127.0.0.1:\(port)"])
        #expect(gone.status == 1)
        let plan = #"{"JobModifyIndex":0,"Warnings":"","FailedTGAllocs":null,"Diff":{"Type":"Added","ID":"small"}}"#
        let nomad = try ScriptedServer(
            answer: "HTTP/1.1 200 OK\r\nContent-Length: \(plan.utf8.count)\r\nConnection: close\r\n\r\n\(plan)",
            toRequestsEndingWith: "true}")
        let asked = try Program.run(
            Array(arguments.dropLast()), environment: ["NOMAD_ADDR": "http://127.0.0.1:\(nomad.port)"])
        #expect(asked.status == 1 && asked.output.contains("+ job small") && asked.errors.contains("--yes"))
    }

    @Test("A channel's job is of the release that it serves, with the names of its variables and not their values")
    func channel() async throws {
        let app = try SmallApp()
        do {
            let sandbox = try SandboxProcess(app.path, ["--no-watch"])
            _ = try await sandbox.next("ready")
            kill(sandbox.id, SIGTERM)
            #expect(try await sandbox.waitForEnd() == 0)
        }
        do {
            let store = try BindleStore(path: app.path + "/.hippo/bindles.sqlite")
            let bindle = ContentReference.bindle(try BindleID("small/1.2.3"))
            for minor in UInt64(0)...1 { try store.makeRelease(of: bindle, version: SemanticVersion(1, minor, 0)) }
            try store.put(
                Channel(
                    app: "small", name: "staging", selection: .pin(SemanticVersion(1, 0, 0)),
                    variables: [.init(name: "KEY", value: "very secret")]))
        }
        let result = try Program.run([
            "export", "nomad", "--project", app.path, "--channel", "small/staging", "--artifact-url",
            "http://10.0.0.5/a",
            "--count", "3", "--driver", "exec",
        ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output.contains("job \"small-staging\"") && result.output.contains("/a/small/1.0.0.tar.gz?sha256="))
        #expect(result.output.contains("KEY={{ .KEY }}") && !result.output.contains("very secret"))
        #expect(result.output.contains("count = 3") && result.output.contains("= \"exec\""))
        let none = try Program.run(["export", "nomad", "--project", app.path, "--channel", "small/none"])
        #expect(none.status == 1 && none.errors.contains("small/none"))
        // While a sandbox has the store: it serves the artifacts, too.
        let sandbox = try SandboxProcess(app.path, ["--no-watch"])
        let ready = try await sandbox.next("ready")
        let root = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "")
        let arguments = ["export", "nomad", "--project", app.path, "--channel", "small/staging"]
        let running = try Program.run(arguments)
        #expect(running.status == 0, "\(running.errors)")
        #expect(running.output.contains("job \"small-staging\""))
        #expect(running.output.contains("\(root)/artifacts/small/1.0.0.tar.gz?sha256="))
        #expect(running.output.contains("KEY={{ .KEY }}") && !running.output.contains("very secret"))
        let absent = try Program.run(Array(arguments.dropLast()) + ["small/none"])
        #expect(absent.status == 1 && absent.errors.contains("there is no channel 'small/none'"))
    }
}
