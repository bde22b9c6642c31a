/// The name that Rust's target for WASI had until 2024, in a text where a build looks for it.
///
/// See https://blog.rust-lang.org/2024/04/09/updates-to-rusts-wasi-targets.html
package enum OutdatedTarget {
    package static let name = "wasm32-wasi"
    package static let successor = "wasm32-wasip1"

    /// The lines, from 1 on, that have the name as a whole word, and are no comment.
    package static func lines(of text: String) -> [Int] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().filter { _, line in
            !line.drop { $0 == " " || $0 == "\t" }.hasPrefix("#") && replaced(String(line)) != line
        }.map { $0.offset + 1 }
    }

    /// The text with the new name in these lines.
    package static func mended(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.drop { $0 == " " || $0 == "\t" }.hasPrefix("#") ? String(line) : replaced(String(line))
        }.joined(separator: "\n")
    }

    private static func replaced(_ line: String) -> String {
        line.replacing(#/\bwasm32-wasi(?![A-Za-z0-9_\-])/#, with: successor)
    }
}
