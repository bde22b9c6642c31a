/// What is wrong with a TOML text, and where.
///
/// Readers of documents that are TOML underneath (an invoice, a configuration) throw it as well, for a text that is
/// good TOML and yet wrong: an unknown key, a version that is not valid.
package struct TOMLError: Error, Hashable, Sendable, CustomStringConvertible {
    package let position: SourcePosition
    /// What is wrong, without the position: one line, without a final full stop.
    package let message: String
    /// The whole line at `position`, without its line break.
    package let sourceLine: String

    package init(position: SourcePosition, message: String, sourceLine: String) {
        #if DEBUG
            ErrorCount.current?.increase()
        #endif
        self.position = position
        self.message = message
        self.sourceLine = sourceLine
    }

    /// An error at `position` of `source`, from which the offending line is taken.
    package init(_ message: String, at position: SourcePosition, in source: String) {
        self.init(position: position, message: message, sourceLine: Self.line(position.line, of: source.utf8))
    }

    /// An error at `position` of `source`, from which the offending line is taken.
    package init(_ message: String, at position: SourcePosition, in source: some Sequence<UInt8>) {
        self.init(position: position, message: message, sourceLine: Self.line(position.line, of: source))
    }

    /// `line 3, column 7: MESSAGE`, then the offending line and, below it, a caret.
    package var description: String { "\(position): \(message)\n\(excerpt)" }

    /// The offending line, indented, and below it a caret at the position. A long line is cut to what surrounds it.
    package var excerpt: String {
        let reach = 72
        let scalars = Array(sourceLine.unicodeScalars)
        let caret = min(max(position.column - 1, 0), scalars.count)
        let start = max(0, caret - reach)
        let end = min(scalars.count, caret + reach)
        var shown = String.UnicodeScalarView()
        var padding = String.UnicodeScalarView()
        for index in start..<end {
            let scalar = scalars[index]
            let isControl = scalar.value < 0x20 && scalar != "\t" || scalar.value == 0x7F
            shown.append(isControl ? "\u{FFFD}" : scalar)
            if index < caret { padding.append(scalar == "\t" ? "\t" : " ") }
        }
        let opening = start > 0 ? "…" : ""
        let closing = end < scalars.count ? "…" : ""
        let shift = start > 0 ? " " : ""
        return "    \(opening)\(String(shown))\(closing)\n    \(shift)\(String(padding))^"
    }

    static func line(_ number: Int, of source: some Sequence<UInt8>) -> String {
        var current = 1
        var line: [UInt8] = []
        for byte in source {
            if byte == UInt8(ascii: "\n") {
                if current == number { break }
                current += 1
            } else if current == number {
                line.append(byte)
            }
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        return String(decoding: line, as: UTF8.self)
    }
}
