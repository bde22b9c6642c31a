import Foundation
import JSON
import TestSupport
import Testing

@testable import Scaffolding

/// What becomes of files that are there already.
struct JoiningTests {
    private static let tasks = """
        {
          // what the team uses
          "version": "2.0.0",
          "tasks": [
            /* first */
            { "label": "mine", "type": "shell", "command": "echo \\"[// no comment]\\"" }, // last
          ],
        }

        """

    private func project() throws -> ProjectDescription {
        Template.rust.project(named: try #require(ProjectName("app"))).description
    }

    /// The document without comments and trailing commas, for a parser that knows neither.
    private static func plain(_ text: String) throws -> JSONObject {
        var plain = text.replacing(#/(?m)\s// .*$/#, with: "").replacing(#/\/\*.*?\*\//#, with: "")
        plain = plain.replacing(#/,(\s*[\]}])/#) { String($0.output.1) }
        return try #require(try JSONValue(parsing: Array(plain.utf8)).object)
    }

    @Test("Tasks that are missing are added, and what is there stays byte for byte")
    func missingTasks() throws {
        guard case .extended(let text, let additions) = try project().editorTasks.joined(with: Self.tasks) else {
            Issue.record("nothing was added")
            return
        }
        #expect(additions == ["hippo-dev up", "build", "hippo-dev check", "hippo-dev test", "publish"])
        for line in Self.tasks.split(separator: "\n") { #expect(text.contains(line), "\(line)") }
        let labels = try Self.plain(text)["tasks"]?.array?.compactMap { $0.object?["label"]?.string }
        #expect(labels == ["mine", "hippo-dev up", "build", "hippo-dev check", "hippo-dev test", "publish"])
        // The second time, there is nothing to add.
        #expect(try project().editorTasks.joined(with: text) == .complete)
    }

    @Test(
        "Anything that editors take can be added to",
        arguments: [
            "{}", "{ }\n", "{\"tasks\":[]}", "{\"tasks\": [{\"label\":\"a\"}]}", "\u{FEFF}{\n}\n",
            "{ \"x\": 1, // y\n }",
        ])
    func forms(_ text: String) throws {
        guard case .extended(let new, _) = try project().editorTasks.joined(with: text) else {
            Issue.record("nothing was added")
            return
        }
        let document = try #require(CommentedJSON(new))
        var again = document
        #expect(try again.add(#require(Self.addition(project()))).isEmpty)
    }

    private static func addition(_ project: ProjectDescription) -> JSONObject? {
        if case .json(let object) = project.editorTasks.joining { object } else { nil }
    }

    @Test("What cannot be read is left alone", arguments: ["", "[]", "{", "{\"a\" 1}", "{\"a\": 1,, }", "/* x"])
    func unreadable(_ text: String) throws {
        guard case .unreadable(let missing) = try project().editorTasks.joined(with: text) else {
            Issue.record("it was read")
            return
        }
        #expect(missing.contains("hippo-dev up"))
    }

    @Test("Settings get members, and members of members") func settings() throws {
        let text = "{\n  \"editor.tabSize\": 2,\n  \"files.associations\": { \"*.x\": \"y\" }\n}\n"
        guard case .extended(let new, _) = try project().editorSettings.joined(with: text) else {
            Issue.record("nothing was added")
            return
        }
        let associations = try Self.plain(new)["files.associations"]?.object
        #expect(associations?["*.x"]?.string == "y" && associations?["HIPPOFACTS"]?.string == "toml")
    }

    @Test("A list of ignored files gets the lines that it lacks") func ignored() throws {
        let file = try project().gitignore
        #expect(file.joined(with: "/target\n*.o") == .extended("/target\n*.o\n.hippo/\n", additions: [".hippo/"]))
        #expect(file.joined(with: ".hippo\ntarget/\n") == .complete)
    }

    @Test("Files are written so, and others are kept") func writing() throws {
        let directory = try TemporaryDirectory()
        try directory.write("*.o\n", to: ".gitignore")
        try directory.write("{ broken", to: ".vscode/tasks.json")
        try directory.write("mine", to: "HIPPOFACTS")
        let project = try project()
        let files = [project.hippofacts, project.gitignore, project.editorTasks]
        let outcomes = try Scaffold(files: files).write(to: directory.path, replacesExisting: false, isDryRun: false)
        #expect(outcomes[0].outcome == .kept && outcomes[1].outcome == .extended([".hippo/", "target/"]))
        guard case .unreadable = outcomes[2].outcome else {
            Issue.record("\(outcomes[2].outcome)")
            return
        }
        #expect(
            try String(contentsOfFile: directory.path + "/.gitignore", encoding: .utf8) == "*.o\n.hippo/\ntarget/\n")
        #expect(try String(contentsOfFile: directory.path + "/.vscode/tasks.json", encoding: .utf8) == "{ broken")
    }
}
