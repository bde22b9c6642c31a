import Foundation
import JSON
import TestSupport
import Testing

/// What `up --help` says of hippo-dev.toml is what the program reads, and what the JSON schema has.
@Suite("The help of hippo-dev.toml", .timeLimit(.minutes(15))) struct SettingsHelpTests {
    /// The hippo-dev.toml that help shows.
    private static func shown() throws -> String {
        let help = try Program.run(["up", "--help"]).output
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { $0 != "  [build]" }.prefix { $0.isEmpty || $0.hasPrefix("  ") }
        return lines.map { $0.dropFirst(2) + "\n" }.joined()
    }

    /// What help shows of a table, its name included.
    private static func shown(_ table: String) throws -> String {
        var isIn = false
        return try shown().split(separator: "\n").filter { line in
            if line.hasPrefix("[") { isIn = line.hasPrefix("[\(table)]") || line.hasPrefix("[[\(table)]]") }
            return isIn
        }.joined(separator: "\n")
    }

    private static func schema(_ file: String) throws -> JSONObject {
        let text = try Program.run(["schema", file]).output
        return try #require(JSONValue(parsing: Array(text.utf8)).object?["properties"]?.object)
    }

    /// The keys of a table or of an array of tables.
    private static func keys(of table: JSONValue) -> [String] {
        let object = table.object?["items"]?.object ?? table.object
        let inner = object?["additionalProperties"]?.object?["oneOf"]?.array?.compactMap { $0.object?["properties"] }
            .first
        return (object?["properties"] ?? inner)?.object?.members.map(\.name) ?? []
    }

    @Test("It names each key of the schema") func allKeys() throws {
        let schema = try Self.schema("hippo-dev")
        #expect(schema.members.count > 6)
        for table in schema.members {
            let text = try Self.shown(table.name)
            #expect(!text.isEmpty, "[\(table.name)]")
            for key in Self.keys(of: table.value) {
                #expect(try text.contains(Regex("(?m)(^|[ {])\(key) = ")), "\(key) in [\(table.name)]")
            }
        }
        #expect(Self.keys(of: try #require(schema["up"])).count > 30)
    }

    @Test("What it shows is read without an error") func valid() throws {
        let app = try SmallApp()
        try app.writeHippofacts(route: "/...")
        try app.save(try Self.shown(), to: "hippo-dev.toml")
        try FileManager.default.createDirectory(atPath: app.path + "/logs", withIntermediateDirectories: true)
        let result = try Program.run(["check", app.path])
        #expect(result.status == 0, "\(result.errors)")
        #expect(!result.errors.contains("hippo-dev.toml"), "\(result.errors)")
    }

    @Test("A key of a handler in HIPPOFACTS is not one in hippo-dev.toml, and is said to belong there")
    func keysOfHippofacts() throws {
        let app = try SmallApp()
        let handler = try #require(try Self.schema("hippofacts")["handler"])
        let keys = Self.keys(of: handler).filter { $0 != "route" }
        #expect(keys.count > 3)
        for key in keys {
            try app.save("[[handler]]\nroute = \"/hello\"\n\(key) = \"x\"\n", to: "hippo-dev.toml")
            let result = try Program.run(["check", app.path])
            #expect(result.status == 1)
            #expect(result.errors.contains("'\(key)' of a handler belongs into HIPPOFACTS"), "\(result.errors)")
        }
    }

    @Test("No help names the target that Rust has removed") func removedTarget() throws {
        let manual = try Program.run(["manual"]).output.replacingOccurrences(of: "\\-", with: "-")
        #expect(manual.contains("--target wasm32-wasip1"))
        #expect(manual.firstMatch(of: #/wasm32-wasi(?!p[12])/#) == nil)
    }
}
