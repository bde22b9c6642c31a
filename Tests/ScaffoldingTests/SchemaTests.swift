import Foundation
import Hippofacts
import JSON
import Testing

@testable import Sandbox
@testable import Scaffolding

/// The schemas, beside the parsers.
struct SchemaTests {
    private static func schema(_ schema: Schema) throws -> JSONObject {
        try #require(try JSONValue(parsing: Array(schema.text.utf8)).object)
    }

    /// The keys that a schema has for the table at a path, whose names lead through arrays of tables, too.
    private static func keys(_ schema: JSONObject, _ path: [String]) -> Set<String>? {
        var place = schema
        for name in path {
            guard var next = place["properties"]?.object?[name]?.object else { return nil }
            if let items = next["items"]?.object { next = items }
            place = next
        }
        return place["properties"]?.object.map { Set($0.members.map(\.name)) }
    }

    /// The keys that a parser names when it meets one that it does not know.
    private static func known(_ message: String) -> Set<String> {
        guard let list = message.components(separatedBy: "it can have ").last else { return [] }
        return Set(list.prefix { !$0.isNewline && $0 != "?" && $0 != ";" }.components(separatedBy: ", "))
    }

    private static let bindle = "[bindle]\nname = \"a\"\nversion = \"1.0.0\"\n"

    @Test(
        "The schema of HIPPOFACTS has the keys that its parser takes",
        arguments: [
            ([], "zzz = 1\n\(bindle)[[handler]]\nname = \"a.wasm\"\nroute = \"/\"\n"),
            (["bindle"], "\(bindle)zzz = 1\n"),
            (["handler"], "\(bindle)[[handler]]\nname = \"a.wasm\"\nroute = \"/\"\nzzz = 1\n"),
            (
                ["handler", "external"],
                "\(bindle)[[handler]]\nroute = \"/\"\n[handler.external]\nbindleId = \"a/1.0.0\"\nhandlerId = \"x\"\nzzz = 1\n"
            ),
            (["export"], "\(bindle)[[export]]\nname = \"a.wasm\"\nid = \"x\"\nzzz = 1\n"),
        ] as [([String], String)])
    func hippofacts(_ path: [String], _ text: String) throws {
        let error = #expect(throws: HippofactsError.self) {
            try Hippofacts(parsing: Array(text.utf8), file: "HIPPOFACTS")
        }
        #expect(Self.keys(try Self.schema(.hippofacts), path) == Self.known(try #require(error).message))
    }

    @Test(
        "The schema of hippo-dev.toml has the keys that its parser takes",
        arguments: [
            ([], "zzz = 1\n"), (["build"], "[build]\nzzz = 1\n"), (["up"], "[up]\nzzz = 1\n"),
            (["files"], "[files]\nzzz = 1\n"), (["handler"], "[[handler]]\nroute = \"/\"\nzzz = 1\n"),
            (["data"], "[data]\npath = \"d\"\nzzz = 1\n"),
        ] as [([String], String)])
    func settings(_ path: [String], _ text: String) throws {
        do {
            _ = try SettingsFile.parse(Array(text.utf8), projectDirectory: "/p")
            Issue.record("it was read")
        } catch {
            #expect(Self.keys(try Self.schema(.settings), path) == Self.known(error.message))
        }
    }

    @Test("Editors are told which schema is for which file") func association() throws {
        let project = Template.wat.project(named: try #require(ProjectName("app"))).description
        let paths = project.editorFiles.map(\.path)
        for schema in Schema.allCases {
            #expect(paths.contains(schema.path))
            #expect(project.tomlSettings.content.contains(schema.path))
        }
        #expect(project.editorSettings.content.contains("\"HIPPOFACTS\": \"toml\""))
    }
}
