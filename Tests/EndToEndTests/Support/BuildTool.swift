import Foundation

/// A toolchain of this machine that can build a template.
enum BuildTool {
    static func exists(_ name: String) -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    static let hasC =
        exists("clang") && exists("wasm-ld") && exists("make")
        && FileManager.default.fileExists(atPath: "/usr/include/wasm32-wasi/stdio.h")
    static let hasSwift = exists("swiftc") && exists("wasm-ld")
    static let hasGo = exists("go")
    static let hasZig = exists("zig")
    static let hasRust: Bool = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        let test = "cargo --version && test -d \"$(rustc --print target-libdir --target wasm32-wasip1)\""
        process.arguments = ["-c", test]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// The templates that can be built here, and what their handlers call themselves.
    static let templates = [
        ("c", "C", hasC), ("go", "Go", hasGo), ("zig", "Zig", hasZig), ("rust", "Rust", hasRust),
    ].filter(\.2).map { ($0.0, $0.1) }
}
