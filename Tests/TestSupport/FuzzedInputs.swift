import Foundation

/// Inputs that the fuzzers keep for what they reach: files in `Fuzzed`, which say where their verdicts come from.
///
/// Each line is a verdict, a tab, and the input, in which \r, \n, \t, \\ and \xNN are as in C.
package enum FuzzedInputs {
    package struct Case: Sendable {
        /// What the input comes to.
        package let verdict: String
        /// The input as it is written.
        package let text: String

        /// The input.
        package var bytes: [UInt8] { EscapedBytes.bytes(of: text) }
        package var isValid: Bool { verdict != "invalid" }
    }

    /// The lines of a file, which is named without its extension.
    package static func cases(_ name: String) throws -> [Case] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fuzzed/\(name).txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { line in
                let halves = line.split(separator: "\t", maxSplits: 1)
                return Case(verdict: String(halves[0]), text: String(halves[1]))
            }
    }
}
