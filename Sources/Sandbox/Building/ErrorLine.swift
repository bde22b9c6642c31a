/// The line of a build's output that says why it failed, where no compiler names a place.
enum ErrorLine {
    /// The last line that tells of an error, in the words of the one who found it: `make`, `npm` and `cargo` end with lines
    /// that say only that something before them has failed. Without such a line, the last one that is not empty.
    static func last(of lines: [String]) -> String? {
        let texts = lines.map { HumanEventRenderer.withoutStyles($0).trimmingSpaces }.filter { !$0.isEmpty }
        let reasons = texts.filter { !isAftermath($0) }
        return reasons.last(where: tellsError) ?? reasons.last ?? texts.last
    }

    private static func tellsError(_ line: String) -> Bool {
        let words = line.lowercased()
        return ["error", "fatal", "failed", "cannot", "not found", "no such", "panic"].contains(where: words.contains)
    }

    private static func isAftermath(_ line: String) -> Bool {
        line.starts(with: #/g?make(\[\d+\])?: \*\*\*|npm (ERR!|error)|ninja: build stopped|error: could not compile /#)
            || line.hasPrefix("FAILURE ") || line.hasPrefix("error Command failed")
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
