import Foundation

/// Where the programs are that are measured, each a path or a name to be found on the `PATH`.
struct Programs {
    var hippoDev: String
    var wasmkit = "wasmkit"
    var python = "python3"
    var node = "node"

    static let sourceDirectory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    /// The path of a product of the same build as this program.
    static func besideThisProgram(_ name: String) -> String {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent(name).path
    }

    static let peersDirectory = sourceDirectory.appendingPathComponent("Peers", isDirectory: true)

    /// The path of a program on the `PATH`, or in a directory for administrators' programs; `nil` if there is none.
    static func find(_ name: String) -> String? { findAll(name).first }

    /// All programs of a name.
    static func findAll(_ name: String) -> [String] {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"])
            .map { "\($0)/\(name)" }
            .filter { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
