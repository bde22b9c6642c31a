import Foundation

/// The part of WASI 0.2 that the components of the tests use: `wasi.wit`, beside this file.
enum WASIInterfaces {
    // It can be read wherever this was compiled.
    static let text = try! String(
        contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("wasi.wit"),
        encoding: .utf8)
}
