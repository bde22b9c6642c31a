package import Foundation
package import TestSupport
package import WebAssembly
package import WebAssemblyText

/// First inputs for the targets, made of the specification's test suite.
enum SeedCorpus {
    static func write(to directory: String) throws {
        guard let data = TestData.directory else { fail(TestData.absence) }
        for target in FuzzTarget.allCases {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(target.rawValue)", withIntermediateDirectories: true)
        }
        let specification = data.appendingPathComponent("spec")
        let files = FileManager.default.enumerator(atPath: specification.path)?.compactMap { $0 as? String } ?? []
        for file in files.sorted() where file.hasSuffix(".wast") {
            let text = try Data(contentsOf: specification.appendingPathComponent(file))
            let name = file.replacingOccurrences(of: "/", with: "-")
            if text.count < 20000 { try text.write(to: URL(fileURLWithPath: "\(directory)/text/\(name)")) }
            guard let script = try? Script(Array(text)) else { continue }
            var bodyCount = 0
            for (index, command) in script.commands.enumerated() {
                guard let module = command.module, let bytes = try? module.assemble(), bytes.count < 4000 else {
                    continue
                }
                try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/decoder/\(name)-\(index).wasm"))
                guard let valid = try? Module(bytes: bytes) else { continue }
                for body in valid.functionBodies.prefix(8) where bodyCount < 40 {
                    let seed = [0] + Array(valid.binary.bytes(in: Int(body.start)..<Int(body.end)))
                    try Data(seed).write(to: URL(fileURLWithPath: "\(directory)/validator/\(name)-\(bodyCount)"))
                    bodyCount += 1
                }
            }
        }
        // Decisions of a fixed generator of numbers: there is nothing to start from.
        var state: UInt64 = 1
        for index in 0..<64 {
            let bytes = (0..<400).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/wasi/\(index)"))
            try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/executor/\(index)"))
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
