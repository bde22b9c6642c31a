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

    /// Reads one variable; quotes around the value are dropped.
    package static func parse(_ text: String) throws(Malformed) -> (name: String, value: String) {
        guard let variable = variable(text[...]) else { throw Malformed(text: text, lineNumber: nil) }
        return variable
    }

    /// Reads the lines of a file. Empty lines, and those that begin with `#`, are passed over.
    package static func parse(file text: String) throws(Malformed) -> [(name: String, value: String)] {
        var variables: [(name: String, value: String)] = []
        // A carriage return and a line feed together are one character, and a newline too.
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.trimmed
            if content.isEmpty || content.hasPrefix("#") { continue }
            guard let variable = variable(content) else {
                throw Malformed(text: String(content), lineNumber: number + 1)
            }
            variables.append(variable)
        }
        return variables
    }

    private static func variable(_ text: Substring) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex, !text.utf8.contains(0) else {
            return nil
        }
        var value = text[text.index(after: equals)...]
        if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
            value = value.dropFirst().dropLast()
        }
        return (String(text[..<equals]), String(value))
    }
}

extension Substring {
    /// Without white space, carriage returns included, at both ends.
    fileprivate var trimmed: Substring {
        var text = self
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
