import SandboxProtocol

extension Failure {
    /// The longest message that is passed on, in characters.
    private static let longestMessage = 32_000

    /// The failure as pages show it: with the lines of the source around the place, and a link that opens it.
    func problem(inProject directory: String, editor: EditorLink = .usual) -> ProjectStatus.Problem {
        var problem = ProjectStatus.Problem(
            stage: stage.rawValue, message: String(message.prefix(Self.longestMessage)), file: file, line: line,
            column: column)
        guard let file else { return problem }
        let path = file.hasPrefix("/") ? file : "\(directory)/\(file)"
        problem.link = editor.url(file: path, line: line, column: column)
        guard let line else { return problem }
        problem.excerpt = SourceExcerpt.lines(around: line, of: path)
        if !problem.excerpt.isEmpty { problem.message = Self.withoutCaret(problem.message) }
        return problem
    }

    /// Terminals are shown the offending line with a caret below it; beside an excerpt it says nothing new.
    private static func withoutCaret(_ message: String) -> String {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count > 2, lines[lines.count - 1].allSatisfy({ $0 == "^" || $0.isWhitespace }) else {
            return message
        }
        return lines.dropLast(2).joined(separator: "\n")
    }
}
