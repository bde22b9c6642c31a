import Foundation
import TestSupport
import WebAssembly
import WebAssemblyText

/// First inputs for the targets, made of the conformance data and of what the tests have.
struct SeedCorpus {
    private let directory: String

    static func write(to directory: String) throws {
        guard let data = TestData.directory else { fail(TestData.absence) }
        let corpus = SeedCorpus(directory: directory)
        for target in FuzzTarget.allCases {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(target.rawValue)", withIntermediateDirectories: true)
        }
        try corpus.writeModules(data.appendingPathComponent("spec"))
        try corpus.writeComponents(data.appendingPathComponent("component-model"))
        try corpus.writeDecisions()
        try corpus.writeDocuments(data)
        try corpus.writeMessages()
        try corpus.writeArchives(data)
    }

    private func write(_ bytes: some Sequence<UInt8>, _ target: FuzzTarget, _ name: String) throws {
        let file = name.replacingOccurrences(of: "/", with: "-")
        try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/\(target.rawValue)/\(file)"))
    }

    /// The files below a folder, by their paths in it.
    private func files(below folder: URL) throws -> [(path: String, content: Data)] {
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.sorted().compactMap { path in
            (try? Data(contentsOf: folder.appendingPathComponent(path))).map { (path, $0) }
        }
    }

    private func writeModules(_ specification: URL) throws {
        for (file, text) in try files(below: specification) where file.hasSuffix(".wast") {
            let name = file.replacingOccurrences(of: "/", with: "-")
            if text.count < 20000 { try write(text, .text, name) }
            guard let script = try? Script(Array(text)) else { continue }
            var bodyCount = 0
            for (index, command) in script.commands.enumerated() {
                guard let module = command.module, let bytes = try? module.assemble(), bytes.count < 4000 else {
                    continue
                }
                try write(bytes, .decoder, "\(name)-\(index).wasm")
                guard let valid = try? Module(bytes: bytes) else { continue }
                for body in valid.functionBodies.prefix(8) where bodyCount < 40 {
                    let seed = [0] + Array(valid.binary.bytes(in: Int(body.start)..<Int(body.end)))
                    try write(seed, .validator, "\(name)-\(bodyCount)")
                    bodyCount += 1
                }
            }
        }
    }

    /// The components of the suite's scripts, where there is a `wasm-tools` that makes binaries of them.
    private func writeComponents(_ suite: URL) throws {
        // A type, an alias of it, a component and an instance of it, to begin with.
        try write(Self.component, .component, "small")
        for (path, _) in try files(below: suite) where path.hasSuffix(".wast") {
            let folder = try TemporaryDirectory()
            let tool = Process()
            tool.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            tool.arguments = [
                "wasm-tools", "json-from-wast", suite.appendingPathComponent(path).path, "-o",
                "\(folder.path)/script.json",
                "--wasm-dir", folder.path,
            ]
            tool.standardError = FileHandle.nullDevice
            try tool.run()
            tool.waitUntilExit()
            for (file, bytes) in try files(below: folder.url) where file.hasSuffix(".wasm") && bytes.count < 4000 {
                try write(bytes, .component, "\(path)-\(file)")
            }
        }
    }

    /// Decisions of a fixed generator of numbers: there is nothing to start from.
    private func writeDecisions() throws {
        var state: UInt64 = 1
        for index in 0..<64 {
            let bytes = (0..<400).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            try write(bytes, .wasi, "\(index)")
            try write(bytes, .executor, "\(index)")
        }
    }

    private func writeDocuments(_ data: URL) throws {
        for (path, text) in try files(below: data.appendingPathComponent("toml")) where text.count < 4000 {
            if path.hasSuffix(".toml") { try write(text, .toml, path) }
            if path.hasSuffix(".json") { try write(text, .json, path) }
        }
        for (index, text) in Self.json.enumerated() { try write(text.utf8, .json, "\(index)") }
        let projects =
            try files(below: data.appendingPathComponent("hippofacts"))
            + files(below: TestData.packageRoot.appendingPathComponent("sample-apps"))
        for (path, text) in projects where path.hasSuffix("HIPPOFACTS") { try write(text, .hippofacts, path) }
        for (index, text) in Self.hippofacts.enumerated() { try write(text.utf8, .hippofacts, "\(index)") }
        let versions = "1.2.3\n2.0.0-rc.1\n0.0.3\n1.2.3-beta.2+a"
        for (index, range) in Self.ranges.enumerated() { try write("\(range)\n\(versions)".utf8, .ranges, "\(index)") }
    }

    /// Each in one piece after 40 bytes and in small ones.
    private func writeMessages() throws {
        for (index, one) in RequestCorpus.cases.enumerated() where one.bytes.count < 2000 {
            try write([UInt8(index & 7) | 0x28] + one.bytes, .requests, "\(index)")
            let text = String(decoding: one.bytes, as: UTF8.self)
            if one.isInBody, let body = text.range(of: "\r\n\r\n") {
                try write([UInt8(index & 7)] + text[body.upperBound...].utf8, .chunks, "\(index)")
            }
        }
        for (index, text) in Self.requests.enumerated() { try write([0x13] + text.utf8, .requests, "own-\(index)") }
        for (index, text) in Self.responses.enumerated() { try write([0x13] + text.utf8, .responses, "own-\(index)") }
        for (index, text) in Self.chunks.enumerated() { try write([0x13] + text.utf8, .chunks, "own-\(index)") }
        for (index, text) in Self.cgi.enumerated() { try write([0x13] + text.utf8, .cgi, "\(index)") }
    }

    private func writeArchives(_ data: URL) throws {
        for (index, archive) in TarArchives.seeds.enumerated() { try write([0x2B] + archive, .tar, "\(index)") }
        for (path, text) in try files(below: data.appendingPathComponent("toml")).prefix(40) where text.count < 4000 {
            try write([2] + text, .gzip, "content-\(path)")
            let file = GzipFiles.packed(Array(text), .whole)
            try write([0] + file, .gzip, "file-\(path)")
            try write([1] + file.dropFirst(10).dropLast(8), .gzip, "data-\(path)")
        }
    }
}

extension Script.Command {
    /// The module that the command is about.
    fileprivate var module: ScriptModule? {
        switch kind {
        case .module(let module), .definition(let module), .assertInstantiationTrap(let module, _),
            .assertMalformed(let module, _, _), .assertInvalid(let module, _, _), .assertUnlinkable(let module, _):
            module
        default: nil
        }
    }
}
