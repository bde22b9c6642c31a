import Foundation
import Testing

@testable import Scaffolding

/// The files for editors and for continuous integration.
struct EditorFileTests {
    private func project(_ template: Template) throws -> ProjectDescription {
        template.project(named: try #require(ProjectName("app"))).description
    }

    @Test("Tasks are JSON with a background task for up", arguments: Template.allCases)
    func tasksAreJSONWithABackgroundTaskForUp(_ template: Template) throws {
        let file = try project(template).editorTasks
        #expect(file.path == ".vscode/tasks.json")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(file.content.utf8)) as? [String: Any])
        let tasks = try #require(document["tasks"] as? [[String: Any]])
        let up = try #require(tasks.first { $0["label"] as? String == "hippo-dev up" })
        #expect(up["isBackground"] as? Bool == true)
        for matcher in try #require(up["problemMatcher"] as? [[String: Any]]) {
            let background = try #require(matcher["background"] as? [String: Any])
            for key in ["beginsPattern", "endsPattern"] {
                _ = try NSRegularExpression(pattern: try #require(background[key] as? String))
            }
        }
        for kind in ["build", "test"] {
            #expect(tasks.count { ($0["group"] as? [String: Any])?["kind"] as? String == kind } == 1)
        }
        let test = try #require(tasks.first { $0["label"] as? String == "hippo-dev test" })
        #expect(test["args"] as? [String] == ["test"])
        #expect((test["problemMatcher"] as? [Any])?.count == 2)
        #expect(tasks.contains { $0["label"] as? String == "publish" })
    }

    @Test("Extensions are JSON", arguments: Template.allCases)
    func extensionsAreJSON(_ template: Template) throws {
        let file = try project(template).editorExtensions
        let document = try JSONSerialization.jsonObject(with: Data(file.content.utf8)) as? [String: [String]]
        #expect(document?["recommendations"]?.isEmpty == false)
    }

    @Test("The workflow builds and checks what is pushed and pushes what is tagged", arguments: Template.allCases)
    func theWorkflowBuildsAndChecksWhatIsPushed(_ template: Template) throws {
        let project = try project(template)
        let lines = project.workflow.content.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.contains("    tags: [\"v*\"]"))
        #expect(lines.contains("    branches: [\"**\"]"))
        #expect(lines.contains("    runs-on: ubuntu-24.04"))
        let actions = lines.compactMap { line in
            line.split(separator: "uses: actions/").count == 2 ? line.split(separator: "uses: ").last : nil
        }
        let expected = ["checkout@v6", "cache@v5", "setup-go@v6", "setup-node@v6", "upload-artifact@v7"]
        #expect(actions.allSatisfy { action in expected.contains { action == "actions/\($0)" } }, "\(actions)")
        // What was built and checked is what is tested and published.
        let noBuild = project.build == nil ? "" : " --no-build"
        #expect(lines.contains("        run: hippo-dev prepare -v production -d bindle.tar.gz\(noBuild)"))
        #expect(lines.contains("        run: hippo-dev push -v production\(noBuild)"))
        // A project that is there may have no tests.
        let test = try #require(lines.firstIndex(of: "        run: hippo-dev test\(noBuild)"))
        #expect(lines[test - 1] == "        if: hashFiles('tests/*.toml') != ''")
        #expect(lines.contains("      - name: Build") == (project.build != nil))
        // No tabs, no trailing spaces, steps indented alike: what YAML minds.
        #expect(!lines.contains { $0.contains("\t") || $0.hasSuffix(" ") })
        let steps = lines.filter { $0.drop { $0 == " " }.hasPrefix("- ") }
        #expect(steps.allSatisfy { $0.hasPrefix("      - ") })
    }
}
