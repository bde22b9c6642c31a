/// A program that a project needs to be built, and how to find out whether it is there, and new enough.
package struct ToolRequirement: Hashable, Sendable {
    /// The program.
    package let program: String
    /// What makes it tell its version.
    package let versionArguments: [String]
    /// The lowest version that does; `nil` if any does.
    package let minimum: [Int]?
    /// What to do if it is missing or too old.
    package let remedy: String

    init(_ program: String, _ versionArguments: [String] = ["--version"], minimum: [Int]? = nil, remedy: String) {
        self.program = program
        self.versionArguments = versionArguments
        self.minimum = minimum
        self.remedy = remedy
    }

    /// The version that a program tells: the first numbers with a point between them; `nil` if it tells none.
    package static func version(in output: String) -> [Int]? {
        guard let match = output.firstMatch(of: #/(\d+)\.(\d+)(?:\.(\d+))?/#) else { return nil }
        return [match.output.1, match.output.2, match.output.3].compactMap { $0.flatMap { Int($0) } }
    }

    /// Whether a version is the lowest that does, or a later one.
    package func isMet(by version: [Int]) -> Bool {
        guard let minimum else { return true }
        return !version.lexicographicallyPrecedes(minimum)
    }
}

extension Toolchain {
    /// The programs that it consists of.
    package var tools: [ToolRequirement] {
        switch self {
        case .none, .other: []
        case .c:
            [
                ToolRequirement("clang", remedy: "install clang (Debian: 'apt install clang')"),
                ToolRequirement("wasm-ld", remedy: "install LLVM's linker (Debian: 'apt install lld')"),
            ]
        case .rust:
            [
                ToolRequirement(
                    "cargo", minimum: [1, 78], remedy: "install Rust from https://rustup.rs, or 'rustup update'"),
                ToolRequirement(
                    "rustc", minimum: [1, 78], remedy: "install Rust from https://rustup.rs, or 'rustup update'"),
            ]
        case .go: [ToolRequirement("go", ["version"], minimum: [1, 21], remedy: "install Go from https://go.dev/dl")]
        case .zig: [ToolRequirement("zig", ["version"], remedy: "install Zig from https://ziglang.org/download")]
        case .swift:
            [ToolRequirement("swift", minimum: [6, 1], remedy: "install Swift from https://swift.org/install")]
        case .assemblyScript:
            [
                ToolRequirement("node", minimum: [18], remedy: "install Node.js from https://nodejs.org"),
                ToolRequirement("npm", remedy: "install Node.js from https://nodejs.org"),
            ]
        }
    }
}
