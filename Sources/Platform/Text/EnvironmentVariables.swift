/// `NAME=VALUE`, as users give variables on the command line and in files.
package enum EnvironmentVariables {
    /// Why a text is no variable.
    package struct Malformed: Error, Hashable, CustomStringConvertible {
        package let text: String
        /// The line of a file, counted from 1.
        package let lineNumber: Int?

        package var description: String {
            let place = lineNumber.map { "line \($0): " } ?? ""
            return "\(place)\(text.debugDescription) is not a variable: write NAME=VALUE"
        }
    }

    /// What becomes of quotes around a value.
    package enum Quotes {
        /// They are dropped, as by shells.
        case dropped
        /// They are part of the value: wagi has it so in files.
        case kept
    }

    /// Reads one variable; quotes around the value are dropped.
    package static func parse(_ text: String) throws(Malformed) -> (name: String, value: String) {
        guard let variable = variable(text[...], .dropped) else { throw Malformed(text: text, lineNumber: nil) }
        return variable
    }

    /// Reads the lines of a file: `NAME=VALUE` or `export NAME=VALUE`. Empty lines, and those that begin with `#`, are
    /// passed over.
    package static func parse(
        file text: String, _ quotes: Quotes = .dropped
    ) throws(Malformed) -> [(name: String, value: String)] {
        var variables: [(name: String, value: String)] = []
        // A carriage return and a line feed together are one character, and a newline too.
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.trimmed
            if content.isEmpty || content.hasPrefix("#") { continue }
            guard let variable = variable(content.withoutExport, quotes) else {
                throw Malformed(text: String(content), lineNumber: number + 1)
            }
            variables.append(variable)
        }
        return variables
    }

    private static func variable(_ text: Substring, _ quotes: Quotes) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex, !text.utf8.contains(0) else {
            return nil
        }
        var value = text[text.index(after: equals)...]
        if quotes == .dropped, value.count >= 2, let quote = value.first, quote == "\"" || quote == "'",
            value.last == quote
        {
            value = value.dropFirst().dropLast()
        }
        return (String(text[..<equals]), String(value))
    }
}

extension Substring {
    /// Without the word that a shell needs to pass the variable on.
    fileprivate var withoutExport: Substring {
        let word = "export"
        guard hasPrefix(word), let blank = dropFirst(word.count).first, blank.isWhitespace else { return self }
        return dropFirst(word.count).trimmed
    }

    /// Without white space, carriage returns included, at both ends.
    fileprivate var trimmed: Substring {
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
