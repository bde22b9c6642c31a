/// The difference of two texts, line by line.
enum TextDifference {
    /// Lines of context before and after what differs.
    private static let context = 2
    /// No more lines than this are shown.
    private static let shownLines = 40
    /// Beyond so many lines in what differs, lines are not matched with each other: that grows with the square.
    private static let matchedLines = 400

    /// The lines that differ: `-` is expected, `+` is there, and some lines around them as they are.
    ///
    /// A line end at the end that only one of them has is told in words.
    static func lines(expected: String, actual: String) -> [String] {
        guard !expected.isEmpty, !actual.isEmpty else { return differences(split(expected), split(actual)) }
        var (old, new) = (split(expected), split(actual))
        let endings = (old.last == "", new.last == "")
        if endings.0 { old.removeLast() }
        if endings.1 { new.removeLast() }
        let lines = old == new ? [] : differences(old, new)
        switch endings {
        case (true, false): return lines + ["the line end at the end is missing"]
        case (false, true): return lines + ["no line end was expected at the end"]
        default: return lines
        }
    }

    private static func differences(_ old: [String], _ new: [String]) -> [String] {
        let head = zip(old, new).prefix { $0 == $1 }.count
        let limit = min(old.count, new.count) - head
        let tail = zip(old.reversed(), new.reversed()).prefix(limit).prefix { $0 == $1 }.count
        var lines: [String] = []
        for line in old[max(0, head - context)..<head] { lines.append("  " + Printable.text(line)) }
        lines += changes(Array(old[head..<old.count - tail]), Array(new[head..<new.count - tail]))
        for line in old[(old.count - tail)...].prefix(context) { lines.append("  " + Printable.text(line)) }
        guard lines.count > shownLines else { return lines }
        return lines.prefix(shownLines) + ["… \(lines.count - shownLines) more lines"]
    }

    /// The beginning of a text.
    static func excerpt(_ text: String) -> [String] {
        guard !text.isEmpty else { return ["an empty body"] }
        var lines = split(text)
        while let last = lines.last, last.allSatisfy(\.isWhitespace), lines.count > 1 { lines.removeLast() }
        let shown = lines.prefix(10).map { $0.isEmpty ? "" : "  " + Printable.text($0.prefix(200)) }
        return lines.count > shown.count ? shown + ["… \(lines.count - shown.count) more lines"] : shown
    }

    /// The lines of a text. A carriage return stays at the end of its line, and a text without a line end at its end has
    /// one line less than one with it, which therefore differs.
    private static func split(_ text: String) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
    }

    private static func changes(_ old: [String], _ new: [String]) -> [String] {
        guard max(old.count, new.count) <= matchedLines else {
            return old.map { "- " + Printable.text($0) } + new.map { "+ " + Printable.text($0) }
        }
        var removed = Set<Int>()
        var inserted = Set<Int>()
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [String] = []
        var (oldIndex, newIndex) = (0, 0)
        while oldIndex < old.count || newIndex < new.count {
            if removed.contains(oldIndex) {
                lines.append("- " + Printable.text(old[oldIndex]))
                oldIndex += 1
            } else if inserted.contains(newIndex) {
                lines.append("+ " + Printable.text(new[newIndex]))
                newIndex += 1
            } else {
                lines.append("  " + Printable.text(old[oldIndex]))
                oldIndex += 1
                newIndex += 1
            }
        }
        return lines
    }
}
