import Foundation
import JSON
import SandboxProtocol
import TestSupport
import Testing

/// `hippo-dev revisions` and `rollback`, with a sandbox that runs and without.
@Suite(.timeLimit(.minutes(15)))
struct RevisionTests {
    private func revisions(_ arguments: [String]) throws -> [JSONObject] {
        let result = try Program.run(["revisions", "--json"] + arguments)
        try #require(result.status == 0, "\(result.errors)")
        guard case .array(let revisions)? = try JSONValue(parsing: Array(result.output.utf8)).object?["revision"] else {
            return []
        }
        return revisions.compactMap(\.object)
    }

    @Test("Revisions are listed compared and brought back while the sandbox runs")
    func revisionsAreListedComparedAndBroughtBackWhileTheSandboxRuns() async throws {
        let app = try SmallApp()
        let scene = try await UpTests.Scene(app)
        let original = try get(scene.url + "assets/style.css").body
        try app.save("second", to: "assets/style.css")
        let second = try #require(try await scene.sandbox.next("serving")["revision"]?.integer)
        try app.save("third and last", to: "assets/style.css")
        try await scene.sandbox.next("serving")

        #expect(try revisions([app.path]).compactMap { $0["number"]?.integer } == [1, 2, 3])
        let list = try Program.run(["revisions", app.path])
        #expect(list.output.split(separator: "\n").count == 3 && list.output.contains("small/1.2.3"), "\(list)")
        let difference = try Program.run(["revisions", "diff", "--project", app.path, "2", "3"])
        #expect(difference.output.contains("~ assets/style.css  6 B → 14 B"), "\(difference)")
        #expect(difference.output.contains("1 parcel changed, 0 added, 0 removed."))

        let rollback = try Program.run(["rollback", "1", app.path])
        #expect(rollback.status == 0, "\(rollback)")
        #expect(rollback.output == "Revision 4 brings back revision 1, and serves until a file changes.\n")
        #expect(try get(scene.url + "assets/style.css").body == original)
        #expect(second == 2)
        try await scene.sandbox.next("log") {
            $0["text"]?.string == "Revision 4 brings back revision 1. It serves until a file changes."
        }

        // The next change is of the project as it is, not as it was.
        try app.save("fourth", to: "assets/other.txt")
        try await scene.wait(for: "third and last", at: "assets/style.css")
        try await scene.wait(for: "fourth", at: "assets/other.txt")
        #expect(try revisions([app.path]).last?["restores"] == nil)

        let unknown = try Program.run(["rollback", "99", app.path])
        #expect(unknown.status == 1 && unknown.errors.contains("there is no revision 99"), "\(unknown)")
        let bindleURL = try revisions(["--sandbox-url", scene.bindleURL])
        #expect(bindleURL.count == 5)
    }

    @Test("A revision brought back while nothing runs is served until a file changes")
    func aRevisionBroughtBackWhileNothingRunsIsServedUntilAFileChanges() async throws {
        let app = try SmallApp()
        do {
            let scene = try await UpTests.Scene(app)
            try app.save("second", to: "assets/style.css")
            try await scene.sandbox.next("serving")
            kill(scene.sandbox.id, SIGINT)
            _ = try await scene.sandbox.waitForEnd()
        }
        let rollback = try Program.run(["rollback", "1", app.path])
        #expect(rollback.output.contains("hippo-dev up will serve it until a file changes"), "\(rollback)")
        let sandbox = try SandboxProcess(app.path)
        let ready = try await sandbox.next("ready")
        #expect(ready["revision"]?.integer == 3)
        let url = try #require(ready["app"]?.string)
        #expect(try get(url + "assets/style.css").body == "h1 { color: red }")
        try app.save("new", to: "assets/new.txt")
        try await sandbox.next("serving")
        #expect(try get(url + "assets/style.css").body == "second")
        #expect(try get(url + "assets/new.txt").body == "new")
    }

    @Test("What serves after a crash is the last revision that can run")
    func whatServesAfterACrashIsTheLastRevisionThatCanRun() async throws {
        let app = try SmallApp()
        let scene = try await UpTests.Scene(app)
        let original = try get(scene.url + "hello").body
        // A module that is valid text but imports what nobody has fails when it is launched.
        try app.save(
            #"(module (import "nowhere" "nothing" (func)) (memory (export "memory") 1) (func (export "_start")))"#,
            to: "hello.wat")
        try await scene.sandbox.next("failed")
        for process in scene.sandbox.descendants() { kill(process, SIGKILL) }
        try await scene.wait(for: original, at: "hello")
    }

    @Test("A project that was never up has no revisions") func aProjectThatWasNeverUpHasNoRevisions() throws {
        let app = try SmallApp()
        let result = try Program.run(["revisions", app.path])
        #expect(result.status == 1 && result.errors.contains("there are no revisions yet"), "\(result)")
        let number = try Program.run(["rollback", "one", app.path])
        #expect(number.status == 2 && number.errors.contains("'one' is no number of a revision"), "\(number)")
    }
}
