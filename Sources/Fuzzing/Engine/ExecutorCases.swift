import Foundation

/// Writes the executor's modules of a corpus, and what they do here, for a comparison with other engines.
enum ExecutorCases {
    static func write(to directory: String, from corpora: [String]) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (index, file) in try CorpusFiles.list(corpora).enumerated() {
            let input = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
            let result = input.withUnsafeBufferPointer { ExecutorCase($0, form: .direct) }
            try Data(result.module.bytes).write(to: URL(fileURLWithPath: "\(directory)/\(index).wasm"))
            try Data(result.outcome.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(index).txt"))
        }
    }
}

/// The files of corpora: folders, or files themselves.
enum CorpusFiles {
    static func list(_ paths: [String]) throws -> [String] {
        try paths.flatMap { path -> [String] in
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { fail("no \(path)") }
            guard isDirectory.boolValue else { return [path] }
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { "\(path)/\($0)" }
        }
    }
}
