/// Text as `roff` input: what means something to it escaped, in short lines that each begin a sentence or go on
/// with one.
enum RoffText {
    /// The length that lines keep within, unless a single word is longer.
    private static let lineLength = 78

    /// The text on one line, for headings and the like.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "\"": result += "\\(dq"
            case " "..."~": result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
            }
        }
        // A dot at the beginning of a line would make it a request.
        return result.hasPrefix(".") ? "\\&" + result : result
    }

    /// Filled text.
    static func filled(_ text: String) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(whereSeparator: \.isWhitespace).map({ escaped(String($0)) }) {
            let endsSentence = line.last.map { ".?!".contains($0) } ?? false
            if !line.isEmpty && (endsSentence || line.utf8.count + 1 + word.utf8.count > lineLength) {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " " + word
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// Paragraphs as a command's discussion has them: separated by empty lines, and lines that begin with a space kept
    /// as they are.
    static func paragraphs(_ text: String) -> [String] {
        var result: [String] = []
        var paragraph: [Substring] = []
        var verbatim: [Substring] = []
        func flush() {
            if !paragraph.isEmpty { result += [".PP"] + filled(paragraph.joined(separator: " ")) }
            while verbatim.last?.isEmpty == true { verbatim.removeLast() }
            if !verbatim.isEmpty {
                let lines = verbatim.map { escaped(String($0.drop { $0 == " " })) }
                result += [".PP", ".RS 4", ".nf"] + lines + [".fi", ".RE"]
            }
            paragraph = []
            verbatim = []
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.first == " " {
                if !paragraph.isEmpty { flush() }
                verbatim.append(line)
            } else if line.isEmpty {
                if verbatim.isEmpty { flush() } else { verbatim.append("") }
            } else {
                if !verbatim.isEmpty { flush() }
                paragraph.append(line)
            }
        }
        flush()
        // An empty line is no roff: a request for one is.
        return result.map { $0.isEmpty ? ".sp" : $0 }
    }
}
