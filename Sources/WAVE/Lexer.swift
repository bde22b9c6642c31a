/// Reads the tokens of a text in WAVE.
struct Lexer {
    private let text: Substring.UnicodeScalarView
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) {
        self.text = text[...].unicodeScalars
        rest = self.text
    }

    /// The number of the next character, from 1.
    var column: Int { text.distance(from: text.startIndex, to: rest.startIndex) + 1 }

    mutating func next() throws(WAVEError) -> Token {
        skipSpace()
        let (start, column) = (rest, column)
        guard let first = rest.first else { return Token(kind: .end, text: "", column: column) }
        switch first {
        case "{", "}", "(", ")", "[", "]", ":", ",":
            rest.removeFirst()
            return Token(kind: .symbol(Character(first)), text: Substring(start.prefix(1)), column: column)
        case "\"": return Token(kind: .string(try string()), text: consumed(since: start), column: column)
        case "'": return Token(kind: .char(try char()), text: consumed(since: start), column: column)
        case "-", "0"..."9":
            try number()
            return Token(kind: .number, text: consumed(since: start), column: column)
        case "%", "a"..."z", "A"..."Z":
            let isEscaped = first == "%"
            if isEscaped { rest.removeFirst() }
            let label = rest
            try self.label()
            return Token(kind: .label(isEscaped: isEscaped), text: consumed(since: label), column: column)
        default: throw error("'\(first)' begins no value")
        }
    }

    private func consumed(since start: Substring.UnicodeScalarView) -> Substring {
        Substring(start[..<rest.startIndex])
    }

    private func error(_ message: String) -> WAVEError { WAVEError(message: message, column: column) }

    /// Passes over white space and comments.
    private mutating func skipSpace() {
        while let first = rest.first {
            if [" ", "\t", "\n", "\r"].contains(first) {
                rest.removeFirst()
            } else if rest.starts(with: "//".unicodeScalars) {
                rest = rest.drop { $0 != "\n" }
            } else {
                return
            }
        }
    }

    // MARK: Numbers and labels

    private mutating func digits() -> Int {
        let count = rest.prefix { ("0"..."9").contains($0) }.count
        rest = rest.dropFirst(count)
        return count
    }

    private mutating func take(_ scalars: Set<Unicode.Scalar>) -> Bool {
        guard let first = rest.first, scalars.contains(first) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func number() throws(WAVEError) {
        let isNegative = take(["-"])
        if isNegative, rest.starts(with: "inf".unicodeScalars) {
            rest = rest.dropFirst(3)
            return
        }
        let isZero = rest.first == "0"
        let count = digits()
        guard count > 0 else { throw error("digits are missing") }
        guard !isZero || count == 1 else { throw error("a number does not begin with a zero that means nothing") }
        if take(["."]), digits() == 0 { throw error("digits are missing after the point") }
        if take(["e", "E"]) {
            _ = take(["+", "-"])
            guard digits() > 0 else { throw error("digits of the exponent are missing") }
        }
    }

    /// A kebab-case name: words of letters of one case and digits, the first of which begins with a letter.
    private mutating func label() throws(WAVEError) {
        var isFirst = true
        repeat {
            let word = rest.prefix { $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) }
            let letters = word.filter { $0.properties.isAlphabetic }
            let isOfOneCase =
                letters.allSatisfy { ("a"..."z").contains($0) } || letters.allSatisfy { ("A"..."Z").contains($0) }
            guard !word.isEmpty, isOfOneCase, !isFirst || word.first?.properties.isAlphabetic == true else {
                throw error(
                    "a name has words of lower-case or of upper-case letters and digits, with hyphens between them")
            }
            rest = rest.dropFirst(word.count)
            isFirst = false
        } while take(["-"])
    }

    // MARK: Characters and strings

    private mutating func char() throws(WAVEError) -> Unicode.Scalar {
        rest.removeFirst()
        guard let first = rest.first, first != "'", first != "\n" else { throw error("a character is missing") }
        let scalar = try escapedScalar()
        guard take(["'"]) else { throw error("a character ends with '") }
        return scalar
    }

    private mutating func string() throws(WAVEError) -> String {
        if rest.starts(with: "\"\"\"".unicodeScalars) { return try multilineString() }
        rest.removeFirst()
        var result = String.UnicodeScalarView()
        while true {
            guard let next = rest.first, next != "\n" else { throw error("a string ends with \" on its line") }
            if take(["\""]) { return String(result) }
            result.append(try escapedScalar())
        }
    }

    /// A string in lines of their own, which are as far indented as the closing quotes at least.
    private mutating func multilineString() throws(WAVEError) -> String {
        rest = rest.dropFirst(3)
        _ = take(["\r"])
        guard take(["\n"]) else { throw error("the text begins on the line after \"\"\"") }
        var lines: [Substring.UnicodeScalarView] = []
        while true {
            let line = rest.prefix { $0 != "\n" }
            let indentation = line.prefix { $0 == " " }
            if line.dropFirst(indentation.count).starts(with: "\"\"\"".unicodeScalars) {
                rest = line.dropFirst(indentation.count + 3) + rest.dropFirst(line.count)
                return try joined(lines, indentation: indentation.count)
            }
            guard !line.containsTripleQuotes else { throw error("\"\"\" ends a string on a line of its own") }
            guard line.endIndex != rest.endIndex else { throw error("a string of many lines ends with \"\"\"") }
            lines.append(line)
            rest = rest[rest.index(after: line.endIndex)...]
        }
    }

    private func joined(
        _ lines: [Substring.UnicodeScalarView], indentation: Int
    ) throws(WAVEError) -> String {
        var result = String.UnicodeScalarView()
        for (index, line) in lines.enumerated() {
            guard line.prefix(indentation).allSatisfy({ $0 == " " }), line.count >= indentation else {
                throw error("each line has at least the spaces that stand before the closing \"\"\"")
            }
            if index > 0 { result.append("\n") }
            var reader = self
            reader.rest = line.last == "\r" ? line.dropFirst(indentation).dropLast() : line.dropFirst(indentation)
            while !reader.rest.isEmpty { result.append(try reader.escapedScalar()) }
        }
        return String(result)
    }

    /// A character, or what an escape stands for.
    private mutating func escapedScalar() throws(WAVEError) -> Unicode.Scalar {
        let first = rest.removeFirst()
        guard first == "\\" else { return first }
        guard let escape = rest.first else { throw error("an escape is not whole") }
        rest.removeFirst()
        switch escape {
        case "'", "\"", "\\": return escape
        case "t": return "\t"
        case "n": return "\n"
        case "r": return "\r"
        case "u":
            guard take(["{"]) else { throw error("\\u is followed by hexadecimal digits in braces") }
            let digits = rest.prefix { $0.properties.isASCIIHexDigit }
            rest = rest.dropFirst(digits.count)
            guard take(["}"]), (1...6).contains(digits.count),
                let scalar = UInt32(String(digits), radix: 16).flatMap(Unicode.Scalar.init)
            else { throw error("\\u{…} has up to six hexadecimal digits of a Unicode scalar value") }
            return scalar
        default: throw error("'\\\(escape)' is no escape: they are \\' \\\" \\\\ \\t \\n \\r \\u{…}")
        }
    }
}

extension Substring.UnicodeScalarView {
    fileprivate var containsTripleQuotes: Bool {
        var count = 0
        for scalar in self {
            count = scalar == "\"" ? count + 1 : 0
            if count == 3 { return true }
        }
        return false
    }
}
