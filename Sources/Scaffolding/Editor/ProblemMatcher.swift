/// What VS Code finds failures by in what `hippo-dev up` writes: regular expressions for its lines.
///
/// `up` writes the same words to a terminal, to VS Code and into a pipe. A cycle begins with a line that has `↻` behind
/// the time, and ends with one that has `●` (it serves), `✗` (it failed) or `■` (the sandbox has ended).
package enum ProblemMatcher {
    /// A rebuild begins.
    package static let begin = #"^\d\d:\d\d:\d\d ↻ "#
    /// A rebuild has ended, well or not.
    package static let end = #"^\d\d:\d\d:\d\d [●✗■] "#
    /// A failure, or a line of the build command, that names a place: file, line, column, severity, message.
    package static let place =
        #"^(?:\d\d:\d\d:\d\d ✗ \w+ failed:|\s+build │) (\S.*?):(\d+):(\d+): "#
        + #"(?:(?:fatal )?(error|warning|note)(?:\[\w+\])?: )?(.*)$"#
    /// A failure that names a file only: file, message.
    package static let file = #"^\d\d:\d\d:\d\d ✗ \w+ failed: ([^\s:]+): (?!\d+:\d+: )(.*)$"#
    /// The two lines with which Rust's compiler begins: severity, code and message; then file, line and column.
    package static let rust = [
        #"^\s+build │ (error|warning)(?:\[(\w+)\])?: (.*)$"#,
        #"^\s+build │ +--> (.+?):(\d+):(\d+)$"#,
    ]
    /// What a line of the build command begins with.
    static let buildPrefix = #"\s+build │ "#
    /// The lines with which AssemblyScript's compiler tells of an error: severity, code and message; one to three lines of
    /// the source; file, line and column. VS Code's own matcher for TypeScript knows none of them, and a matcher takes a
    /// fixed number of lines.
    ///
    /// - Parameter prefix: What each line begins with.
    package static func assemblyScript(prefix: String) -> [[String]] {
        (1...3).map { count in
            ["^\(prefix)" + #"(ERROR|WARNING) (\w+): (.*)$"#]
                + Array(repeating: "^\(prefix)" + #"(?!\s*(?:└─ )?in |ERROR |WARNING ).*$"#, count: count)
                + ["^\(prefix)" + #"\s*(?:└─ )?in ([^(]+)\((\d+),(\d+)\)$"#]
        }
    }
    /// A test of `hippo-dev test` that has failed, or was not run: its name, file, line.
    package static let test = #"^  [✗-] (.*?)(?: \([0-9.]+ ms\))? (\S+):(\d+)$"#
    /// An error of `hippo-dev check`, `test` and `push`: severity, file, line, column, message.
    package static let command = #"^(error|warning): (\S.*?):(\d+):(\d+): (.*)$"#
}
