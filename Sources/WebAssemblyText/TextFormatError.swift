/// What is wrong with a text in the WebAssembly text format, and where.
package struct TextFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line of the offending token, counted from 1.
    package let line: Int

    /// The column of the offending token in Unicode scalars, counted from 1.
    package let column: Int

    /// What is wrong. It begins with the wording of the specification's test suite where that has one.
    package let message: String

    /// The offending line, without its line break; shortened if it is very long.
    package let sourceLine: String

    package init(line: Int, column: Int, message: String, sourceLine: String) {
        self.line = line
        self.column = column
        self.message = message
        self.sourceLine = sourceLine
    }

    package var description: String {
        let indent = sourceLine.unicodeScalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
        return "line \(line), column \(column): \(message)\n\(sourceLine)\n\(indent)^"
    }
}

/// An error on its way to becoming a ``TextFormatError``: the place is a byte offset, whose line and column are only
/// counted when the error leaves this module.
struct SyntaxError: Error {
    let offset: Int
    let message: String

    init(at offset: Int, _ message: String) {
        self.offset = offset
        self.message = message
    }

    init(at offset: UInt32, _ message: String) {
        self.init(at: Int(offset), message)
    }

    /// Finds the line and column of `offset` in `source`.
    func located(in source: [UInt8]) -> TextFormatError {
        let place = SourceLocation(of: offset, in: source)
        return TextFormatError(
            line: place.line, column: place.column, message: message, sourceLine: place.excerpt(of: source))
    }
}

/// A line and column, found by counting from the start of the text.
struct SourceLocation {
    let line: Int
    let column: Int
    private let lineStart: Int

    /// Longer lines are cut in error messages; generated text may be one line of megabytes.
    private static let longestExcerpt = 240

    init(of offset: Int, in source: [UInt8]) {
        var line = 1
        var lineStart = 0
        var index = 0
        let end = min(offset, source.count)
        while index < end {
            let byte = source[index]
            index += 1
            // A line ends with LF, CR or CR LF.
            if byte == UInt8(ascii: "\n") || (byte == UInt8(ascii: "\r") && !(index < end && source[index] == 0x0A)) {
                line += 1
                lineStart = index
            }
        }
        self.line = line
        self.lineStart = lineStart
        column = 1 + source[lineStart..<end].lazy.filter { $0 & 0xC0 != 0x80 }.count
    }

    func excerpt(of source: [UInt8]) -> String {
        let rest = source[lineStart...]
        let end = rest.firstIndex { $0 == 0x0A || $0 == 0x0D || $0 == 0 } ?? source.endIndex
        let cut = min(end, lineStart + Self.longestExcerpt)
        return String(decoding: source[lineStart..<cut], as: UTF8.self) + (cut < end ? "…" : "")
    }
}
