package import Foundation

/// Packages of Python that tests use where they are there: `python3 -m pip install --target .build/blob-stores …`, as
/// `.ci/run` does it.
package enum PythonPackages {
    /// The folder that has them.
    package static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../.build/blob-stores").standardized.path

    /// Whether a package is there.
    package static func has(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/\(name)")
    }

    /// A process that runs a script, which is not started yet.
    package static func process(_ arguments: [String], environment: [String: String] = [:]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": path]) { $1 }
            .merging(environment) { $1 }
        return process
    }

    /// Runs a script to its end.
    /// - Returns: What it has written to its standard output.
    package static func run(_ script: String, environment: [String: String] = [:]) throws -> String {
        let process = process(["-c", script], environment: environment)
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let problems = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: problems) }
        return text
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }
}
