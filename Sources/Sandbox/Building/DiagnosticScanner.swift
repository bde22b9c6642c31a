import Foundation

/// Finds the first error that a compiler reports in what a build command writes.
///
/// It knows the forms in which most compilers name a place: `FILE:LINE:COLUMN: error: MESSAGE` (C, C++, Swift, Zig; Go
/// and others leave `error:` out), `FILE(LINE,COLUMN): error MESSAGE` (TypeScript), and the two that begin with the
/// message and name the place on a later line: Rust's `--> FILE:LINE:COLUMN`, AssemblyScript's `in FILE(LINE,COLUMN)`.
struct DiagnosticScanner: Sendable {
    /// An error of a compiler.
    struct Diagnostic: Hashable, Sendable {
        /// As the compiler names it.
        let file: String
        let line: Int
        let column: Int
        let message: String
    }

    private(set) var firstError: Diagnostic?
    /// The message of an error whose place has not been named yet.
    private var message: String?

    private static let place = expression(
        #"^(?:\./)?([^\s:()][^:()]*):(\d+):(\d+): (?:(?:fatal )?(error|warning|note|remark|info)(?:\[\w+\])?: )?(.+)$"#)
    private static let parenthesized = expression(#"^(?:\./)?([^\s()][^()]*)\((\d+),(\d+)\): (error)\b[^:]*: (.+)$"#)
    private static let headline = expression(#"^(?:error(?:\[\w+\])?|ERROR \w+): (.+)$"#)
    private static let laterPlace = expression(
        #"^\s*(?:--> |└─ in |in )([^\s:()][^:()]*)(?::(\d+):(\d+)|\((\d+),(\d+)\))$"#)

    /// Takes note of a line of output.
    mutating func note(_ line: String) {
        guard firstError == nil else { return }
        let text = HumanEventRenderer.withoutStyles(line)
        // Lines without a number name no place, and most have none.
        if message == nil, !text.contains(where: \.isNumber), !text.lowercased().hasPrefix("error") { return }
        if let found = Self.groups(Self.place, in: text) ?? Self.groups(Self.parenthesized, in: text) {
            let severity = found[3]
            guard severity == nil || severity == "error" else { return }
            firstError = Self.diagnostic(found[0], found[1], found[2], found[4])
        } else if let found = Self.groups(Self.headline, in: text) {
            message = found[0]
        } else if let message, let found = Self.groups(Self.laterPlace, in: text) {
            firstError = Self.diagnostic(found[0], found[1] ?? found[3], found[2] ?? found[4], message)
        }
    }

    private static func diagnostic(
        _ file: String?, _ line: String?, _ column: String?, _ message: String?
    ) -> Diagnostic? {
        guard let file, let line = line.flatMap({ Int($0) }), let column = column.flatMap({ Int($0) }), let message
        else { return nil }
        return Diagnostic(file: file, line: line, column: column, message: message)
    }

    private static func expression(_ pattern: String) -> NSRegularExpression {
        do {
            return try NSRegularExpression(pattern: pattern)
        } catch {
            preconditionFailure("\(pattern): \(error)")
        }
    }

    private static func groups(_ expression: NSRegularExpression, in text: String) -> [String?]? {
        guard let match = expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) else {
            return nil
        }
        return (1..<match.numberOfRanges).map { index in
            Range(match.range(at: index), in: text).map { String(text[$0]) }
        }
    }
}
