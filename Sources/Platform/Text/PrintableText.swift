/// Text from outside (the names of a guest's functions, of files, of what a server sends) as messages may show it.
///
/// A terminal does what control characters say: they move its cursor, change its title, and with some answer in the user's
/// place. Those that only change the order of writing make a name look like another. Each becomes U+FFFD.
package enum PrintableText {
    /// The text as a part of one line: line ends are replaced, too. Tabs stay.
    package static func line(_ text: String) -> String { replacing(in: text, keepingLines: false) }

    /// The text as whole lines: line feeds stay, and carriage returns before them are left out.
    package static func lines(_ text: String) -> String { replacing(in: text, keepingLines: true) }

    private static func replacing(in text: String, keepingLines: Bool) -> String {
        guard !text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if keepingLines, scalar == "\r", rest.first == "\n" { continue }
            let isKept = scalar == "\t" || keepingLines && scalar == "\n" || !isControl(scalar)
            result.append(isKept ? scalar : "\u{FFFD}")
        }
        return String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // The explicit marks of direction (Unicode Standard Annex 9, 2.1 to 2.6).
        case 0x61C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default:
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
    }
}
