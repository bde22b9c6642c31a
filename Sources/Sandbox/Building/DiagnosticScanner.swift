import Platform

/// Finds the first error that a compiler reports in what a build command writes.
///
/// It knows the forms in which most compilers name a place: `FILE:LINE:COLUMN: error: MESSAGE` (C, C++, Swift, Zig; Go
/// and others leave `error:` out), `FILE(LINE,COLUMN): error MESSAGE` (TypeScript), and the two that begin with the
/// message and name the place on a later line: Rust's `--> FILE:LINE:COLUMN`, AssemblyScript's `in FILE(LINE,COLUMN)`.
/// Python's exceptions end with the message: see ``PythonTraceback``.
struct DiagnosticScanner: Sendable {
    /// An error of a compiler.
    struct Diagnostic: Hashable, Sendable {
        /// As the compiler names it.
        let file: String
        let line: Int
        /// `nil` if it does not name one, as Python.
        let column: Int?
        let message: String
    }

    private(set) var firstError: Diagnostic?
    /// The message of an error whose place has not been named yet.
    private var message: String?
    private var traceback = PythonTraceback()

    // Regular expressions do not change, and matching makes state of its own.
    private nonisolated(unsafe) static let place =
        #/(?:\./)?([^\s:()][^:()]*):(\d+):(\d+): (?:(?:fatal )?(error|warning|note|remark|info)(?:\[\w+\])?: )?(.+)/#
    private nonisolated(unsafe) static let parenthesized =
        #/(?:\./)?([^\s()][^()]*)\((\d+),(\d+)\): error\b[^:]*: (.+)/#
    private nonisolated(unsafe) static let headline = #/(?:error(?:\[\w+\])?|ERROR \w+): (.+)/#
    private nonisolated(unsafe) static let laterPlace =
        #/\s*(?:--> |└─ in |in )([^\s:()][^:()]*)(?::(\d+):(\d+)|\((\d+),(\d+)\))/#

    /// Takes note of a line of output.
    mutating func note(_ line: String) {
        guard firstError == nil else { return }
        let text = HumanEventRenderer.withoutStyles(line)
        if traceback.hasFrame || text.contains("File \""), let exception = traceback.note(text) {
            firstError = exception
            return
        }
        // Lines without a number name no place, and most have none.
        if message == nil, !text.contains(where: \.isNumber), !text.lowercased().hasPrefix("error") { return }
        if let found = text.wholeMatch(of: Self.place)?.output {
            guard found.4 == nil || found.4 == "error" else { return }
            firstError = Self.diagnostic(found.1, found.2, found.3, found.5)
        } else if let found = text.wholeMatch(of: Self.parenthesized)?.output {
            firstError = Self.diagnostic(found.1, found.2, found.3, found.4)
        } else if let found = text.wholeMatch(of: Self.headline)?.output {
            message = String(found.1)
        } else if let message, let found = text.wholeMatch(of: Self.laterPlace)?.output {
            firstError = Self.diagnostic(found.1, found.2 ?? found.4, found.3 ?? found.5, message[...])
        }
    }

    private static func diagnostic(
        _ file: Substring, _ line: Substring?, _ column: Substring?, _ message: Substring
    ) -> Diagnostic? {
        guard let line = line.flatMap({ Int($0) }), let column = column.flatMap({ Int($0) }) else { return nil }
        return Diagnostic(file: String(file), line: line, column: column, message: String(message))
    }
}
