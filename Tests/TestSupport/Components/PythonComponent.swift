import Cryptography
package import Foundation
import Synchronization

/// Components that componentize-py makes of Python.
package enum PythonComponent {
    private static let tool = TestTool.find("componentize-py")

    package static let isAvailable = tool != nil

    /// What a skipped test says.
    package static let absence = "no componentize-py (PyPI componentize-py) on PATH"

    /// Components are under way once in a process, whoever asks for them.
    private static let builds = Mutex<[String: Task<URL, any Error>]>([:])

    /// Builds a component, which takes ten seconds of a processor. One that was made of the same before, by the same tool, is
    /// taken from `.build/python-components`.
    ///
    /// - Parameters:
    ///   - name: What the program is called. Of each name, the newest component is kept.
    ///   - exports: What the program answers by, an interface of ``WASIInterfaces``.
    ///   - imports: What it uses of them, beside what Python's library does.
    /// - Returns: The file of the component.
    package static func build(
        _ name: String, _ program: String, exports: String, imports: String = ""
    ) async throws -> URL {
        guard let tool else { throw TestTool.Failure(absence) }
        let wit = """
            package test:python;
            world program {
                \(imports)
                export \(exports);
            }

            """ + WASIInterfaces.text
        let installation = try FileManager.default.attributesOfItem(atPath: tool.path)[.modificationDate] as? Date
        let key = SHA256.hash(Array("\(tool.path) \(installation, default: "")\n\(program)\n\(wit)".utf8)).hex.prefix(
            16)
        let task = builds.withLock { builds in
            let task = builds["\(name)-\(key)"] ?? Task { try await make("\(name)-\(key)", of: program, wit, by: tool) }
            builds["\(name)-\(key)"] = task
            return task
        }
        return try await task.value
    }

    private static func make(_ name: String, of program: String, _ wit: String, by tool: URL) async throws -> URL {
        let cache = TestData.packageRoot.appendingPathComponent(".build/python-components")
        let file = cache.appendingPathComponent("\(name).wasm")
        if FileManager.default.fileExists(atPath: file.path) { return file }
        let directory = try TemporaryDirectory()
        try directory.write(program, to: "program.py")
        try directory.write(wit, to: "wit/program.wit")
        let process = TestTool.process(
            tool, ["-d", "wit", "-w", "program", "componentize", "program", "-o", "program.wasm"], in: directory.url)
        let log = try directory.write("", to: "log")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        // Other tests go on meanwhile.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        guard process.terminationStatus == 0 else {
            throw TestTool.Failure("componentize-py: \(try String(contentsOf: log, encoding: .utf8))")
        }
        try FileManager.default.createDirectory(at: cache, withIntermediateDirectories: true)
        for old in try FileManager.default.contentsOfDirectory(atPath: cache.path)
        where old.hasPrefix(name.dropLast(16)) && old.count == "\(name).wasm".count {
            try? FileManager.default.removeItem(at: cache.appendingPathComponent(old))
        }
        // Another process may be at it, too: one of the two is whole whenever anybody looks.
        let made = directory.path + "/program.wasm"
        let near = cache.appendingPathComponent("\(UUID().uuidString)~")
        try FileManager.default.copyItem(atPath: made, toPath: near.path)
        guard rename(near.path, file.path) == 0 else { throw TestTool.Failure("\(file.path) cannot be written") }
        return file
    }
}
