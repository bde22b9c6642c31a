import Foundation
import JSON
import TestSupport
import Testing

/// `hippo-dev release`, with a sandbox that runs and without.
@Suite(.timeLimit(.minutes(15)))
struct ReleaseCommandTests {
    private func run(_ app: SmallApp, _ arguments: [String]) throws -> Program.Result {
        try Program.run(["release"] + arguments + ["--project", app.path])
    }

    @Test("What serves is released, listed, compared with what it has become, and removed, while the sandbox runs")
    func whileTheSandboxRuns() async throws {
        let app = try SmallApp()
        let scene = try await UpTests.Scene(app)
        let made = try run(app, [])
        #expect(made.status == 0 && made.output.hasPrefix("Released small/1.2.3, 3 parcels, "), "\(made)")
        #expect(try run(app, []).output == "small/1.2.3 has this content already.\n")

        try app.save("h1 { color: blue }\n", to: "assets/style.css")
        try await scene.sandbox.next("serving")
        let refused = try run(app, [])
        #expect(refused.status == 1 && refused.errors.contains("has other content"), "\(refused)")
        let difference = try run(app, ["diff", "1.2.3"])
        #expect(difference.status == 1)
        let lines = difference.output.split(separator: "\n")
        #expect(lines.contains("-h1 { color: red }") && lines.contains("+h1 { color: blue }"), "\(difference)")
        #expect(lines.first == "--- release:small/1.2.3/assets/style.css", "\(difference)")
        let names = try run(app, ["diff", "1.2.3", "2", "--names"])
        #expect(names.output == "~ assets/style.css  17 B → 19 B\n1 file changed, 0 added, 0 removed, 2 the same.\n")
        #expect(try run(app, ["diff", "2", "serving"]).status == 0)

        #expect(try run(app, ["1.3.0-rc.1"]).status == 0)
        #expect(try run(app, ["1.3.0", "--of", "1.3.0-rc.1"]).output.hasPrefix("Released small/1.3.0,"))
        #expect(try run(app, ["--replace"]).output.hasPrefix("Replaced small/1.2.3,"))
        let list = try run(app, ["list"]).output.split(separator: "\n")
        #expect(list.map { $0.split(separator: " ").first } == ["small/1.3.0", "small/1.3.0-rc.1", "small/1.2.3"])
        #expect(try run(app, ["list", "rc"]).output.split(separator: "\n").count == 1)
        #expect(try run(app, ["remove", "1.3.0-rc.1"]).output == "Removed small/1.3.0-rc.1.\n")
        let gone = try run(app, ["remove", "small/1.3.0-rc.1"])
        #expect(gone.status == 1 && gone.errors.contains("there is no release small/1.3.0-rc.1"), "\(gone)")
        let url = try Program.run(["release", "list", "--json", "--sandbox-url", scene.bindleURL])
        #expect(try JSONValue(parsing: Array(url.output.utf8)).object?["releases"]?.array?.count == 2)
    }

    @Test("A sandbox that keeps nothing has releases as long as it runs") func ephemeral() async throws {
        let app = try SmallApp()
        let scene = try await UpTests.Scene(app, ["--ephemeral"])
        #expect(try run(app, []).output.hasPrefix("Released small/1.2.3,"))
        #expect(try Program.run(["revisions", app.path]).output.contains("served last"))
        kill(scene.sandbox.id, SIGINT)
        _ = try await scene.sandbox.waitForEnd()
        #expect(try run(app, ["list"]).status == 1)
    }

    @Test("Without a sandbox, releases are made in the store, and stay when the project goes on") func stopped()
        async throws
    {
        let app = try SmallApp()
        let without = try run(app, [])
        #expect(without.status == 1 && without.errors.contains("hippo-dev up has not made the store"), "\(without)")
        do {
            let scene = try await UpTests.Scene(app)
            kill(scene.sandbox.id, SIGINT)
            _ = try await scene.sandbox.waitForEnd()
        }
        // The last number is left open: the next one is taken, unless the last has the content already.
        let facts = try String(contentsOfFile: app.path + "/HIPPOFACTS", encoding: .utf8)
        try app.save(facts.replacingOccurrences(of: "1.2.3", with: "1.2.*"), to: "HIPPOFACTS")
        #expect(try run(app, []).output.hasPrefix("Released small/1.2.0,"))
        #expect(try run(app, []).output == "small/1.2.0 has this content already.\n")
        do {
            let sandbox = try SandboxProcess(app.path)
            try await sandbox.next("ready")
            try app.save("other", to: "assets/style.css")
            try await sandbox.next("serving")
            kill(sandbox.id, SIGKILL)
            _ = try await sandbox.waitForEnd()
        }
        #expect(try run(app, []).output.hasPrefix("Released small/1.2.1,"))
        #expect(
            try run(app, ["diff", "1.2.0", "1.2.1", "assets/style.css"]).output.hasSuffix(
                "+other\n\\ No newline at end of file\n"))
        let bad = try run(app, ["1.2"])
        #expect(bad.status != 0 && bad.errors.contains("semantic version"), "\(bad)")
        #expect(try run(app, ["diff", "nothing"]).status == 2)
        #expect(try run(app, ["diff", "9.0.0"]).errors.contains("there is no release small/9.0.0"))
    }
}
