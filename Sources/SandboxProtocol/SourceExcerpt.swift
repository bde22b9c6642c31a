import Platform

/// The lines of a file around one of them.
package enum SourceExcerpt {
    /// Lines before and after.
    private static let reach = 3
    private static let longestFile = 4 << 20
    private static let longestLine = 400

    /// Empty if the file cannot be read, is no text, or is too long to be worth it.
    package static func lines(around line: Int, of path: String) -> [ProjectStatus.SourceLine] {
        guard let data = try? FileReader.bytes(of: path, limit: longestFile), !data.contains(0) else { return [] }
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
