import Foundation
import TestSupport

/// Components of C that answer HTTP requests themselves.
enum HTTPComponent {
    /// Builds a component.
    ///
    /// - Parameters:
    ///   - handle: the body of `void handle(int request, int outparam)`, with what `http.h` and `declarations` declare.
    ///   - imports: of its world, beside those that all have.
    ///   - options: what clang is told besides.
    static func build(
        _ handle: String, declarations: String = "", imports: String = "", options: [String] = []
    ) throws -> Data {
        let source = """
            \(try GuestSource.read("http.h"))
            \(declarations)
            EXPORT("wasi:http/incoming-handler@0.2.4#handle") void handle(int request, int outparam) {
            \(handle)
            }
            """
        let wit = """
            package test:app;
            world app {
                import wasi:http/types@0.2.4;
                \(imports)
                export wasi:http/incoming-handler@0.2.4;
            }
            package test:absent {
                interface clock { wind: func(turns: u32) -> u32; }
                interface bell { ring: func(); }
            }
            package test:deep@1.0.0 {
                interface inner { share: func(a: s32, b: s32) -> s32; }
            }

            """
        return Data(try CComponent.build(source, wit: wit, world: "app", usesWASI: true, options: options))
    }

    /// One that answers with a text.
    static func answering(_ text: String) throws -> Data {
        try build("answer(outparam, 200, \"\(text)\", \(text.utf8.count));")
    }
}

/// The programs in `Guests`, beside this file, which tests make components of.
enum GuestSource {
    static func read(_ name: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Guests")
        return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
}
