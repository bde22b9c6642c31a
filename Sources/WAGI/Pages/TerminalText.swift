import Platform

/// What programs write to terminals.
enum TerminalText {
    /// The text without escape sequences (ECMA-48), such as those for colours, which mean nothing elsewhere. Other control
    /// characters are replaced.
    static func withoutControls(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "\u{1B}" else {
                result.append(scalar)
                continue
            }
            switch scalars.next() {
            case "[":
                while let next = scalars.next(), !("@"..."~").contains(next) {}
            case "]":
                // Ended by BEL, or by another escape sequence, whose second character is passed over.
                while let next = scalars.next() {
                    if next == "\u{07}" { break }
                    if next == "\u{1B}" {
                        _ = scalars.next()
                        break
                    }
                }
            default: break
            }
        }
        return PrintableText.lines(String(result))
    }
}
