import Foundation
import SandboxProtocol

extension Failure {
    /// The longest message that is passed on, in characters.
    private static let longestMessage = 32_000

    /// The failure as pages show it: with the lines of the source around the place.
    func problem(inProject directory: String) -> ProjectStatus.Problem {
        var problem = ProjectStatus.Problem(
            stage: stage.rawValue, message: String(message.prefix(Self.longestMessage)), file: file, line: line,
            column: column)
        guard let file, let line else { return problem }
        problem.excerpt = SourceExcerpt.lines(around: line, of: file.hasPrefix("/") ? file : "\(directory)/\(file)")
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

/// The lines of a file around one of them.
enum SourceExcerpt {
    /// Lines before and after.
    private static let reach = 3
    private static let longestFile = 4 << 20
    private static let longestLine = 400

    /// Empty if the file cannot be read, is no text, or is too long to be worth it.
    static func lines(around line: Int, of path: String) -> [ProjectStatus.SourceLine] {
        guard let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: longestFile + 1), data.count <= longestFile,
            !data.contains(0)
        else { return [] }
        var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        // What follows the last line's end is a line only if it is the one that is meant.
        if lines.last?.isEmpty == true, line < lines.count { lines.removeLast() }
        guard (1...max(1, lines.count)).contains(line) else { return [] }
        let range = max(1, line - reach)...min(lines.count, line + reach)
        return range.map { number in
            let text = String(decoding: lines[number - 1].prefix(longestLine), as: UTF8.self)
            return .init(number: number, text: text.hasSuffix("\r") ? String(text.dropLast()) : text)
        }
    }
}
