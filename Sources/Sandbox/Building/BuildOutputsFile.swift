import Content
import Cryptography
import Platform

/// Keeps what has been learned of a build command's outputs from one sandbox to the next.
///
/// See Builds.md in Sandbox.docc.
struct BuildOutputsFile: Sendable {
    /// `nil` where nothing is kept.
    let path: String?

    private static let signature = "hippo-dev build outputs 1"

    /// What is known of the outputs of a command. A file that is absent, or of another command, says nothing.
    func read(of command: String?) -> Set<RelativePath> {
        guard let path, let command, let bytes = PrivateFiles.content(of: path) else { return [] }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.count > 2, lines[0] == Self.signature, lines[1] == Self.name(of: command) else { return [] }
        return Set(lines.dropFirst(2).compactMap { RelativePath(validating: $0) })
    }

    /// Keeps the outputs of a command, in place of what was kept before. Where that is not possible, they are found out
    /// again.
    func write(_ outputs: Set<RelativePath>, of command: String) {
        guard let path else { return }
        let names = outputs.filter { !$0.string.utf8.contains(UInt8(ascii: "\n")) }.sorted().map(\.string)
        let text = ([Self.signature, Self.name(of: command)] + names).joined(separator: "\n") + "\n"
        PrivateFiles.replace(path, with: Array(text.utf8))
    }

    private static func name(of command: String) -> String { SHA256.hash(Array(command.utf8)).hex }
}
