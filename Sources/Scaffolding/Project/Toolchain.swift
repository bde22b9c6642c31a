/// What builds the modules of a project.
package enum Toolchain: Hashable, Sendable {
    case none, c, rust, go, zig, swift, assemblyScript
    /// Something that a command starts. No more is known about it.
    case other

    /// What has to be installed, for people; `nil` if nothing is known to be.
    package var requirement: String? {
        switch self {
        case .none, .other: nil
        case .c:
            "clang, wasm-ld, wasi-libc and the compiler's routines for wasm32 (Debian: wasi-libc "
                + "libclang-rt-14-dev-wasm32 lld), or WASI_SDK_PATH"
        case .rust: "cargo, with the target wasm32-wasip1 (rustup target add wasm32-wasip1)"
        case .go: "go 1.21 or later"
        case .zig: "zig"
        case .swift: "Swift 6.1 or later: swiftc and wasm-ld, which is part of it"
        case .assemblyScript: "node and npm"
        }
    }

    /// Extensions of VS Code that know the language.
    var editorExtensions: [String] {
        switch self {
        case .none: ["dtsvet.vscode-wasm"]
        case .c: ["llvm-vs-code-extensions.vscode-clangd"]
        case .rust: ["rust-lang.rust-analyzer"]
        case .go: ["golang.go"]
        case .zig: ["ziglang.vscode-zig"]
        case .swift: ["swiftlang.swift-vscode"]
        case .assemblyScript, .other: []
        }
    }

    /// Steps of a GitHub workflow on Ubuntu that install it, in YAML.
    var workflowSteps: String {
        switch self {
        case .none, .other: ""
        case .c:
            """
                  - name: Install clang for WebAssembly
                    run: sudo apt-get update && sudo apt-get install --yes clang lld wasi-libc libclang-rt-18-dev-wasm32

            """
        case .rust:
            """
                  - name: Install the compiler's target
                    run: rustup target add wasm32-wasip1

            """
        case .go:
            """
                  - uses: actions/setup-go@v6
                    with:
                      go-version: stable

            """
        case .zig:
            """
                  - uses: mlugg/setup-zig@v2

            """
        case .swift:
            """
                  - uses: swift-actions/setup-swift@v2
                    with:
                      swift-version: "6.1"

            """
        case .assemblyScript:
            """
                  - uses: actions/setup-node@v6
                    with:
                      node-version: lts/*

            """
        }
    }
}
