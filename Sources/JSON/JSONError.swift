/// Text that is not JSON, or not the JSON that is wanted.
///
/// An error holds an offset only. The line and column are worked out from the text when somebody asks.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, in bytes from the beginning.
    package let offset: Int
    /// What is wrong, in one line without a full stop.
    package let message: String

    package init(_ message: String, at offset: Int) {
        self.offset = offset
        self.message = message
    }

    package var description: String { "invalid JSON at byte \(offset): \(message)" }

    /// The line and the column of the error in the text that it is about: see ``JSONPosition``.
    package func position(in bytes: some Collection<UInt8>) -> JSONPosition { JSONPosition(of: offset, in: bytes) }
}

/// Where a byte of a text stands, for people.
package struct JSONPosition: Hashable, Sendable {
    /// The line, from 1 on.
    package let line: Int
    /// The column in Unicode scalars, from 1 on.
    package let column: Int

    /// Counts lines and columns of the text up to the offset.
    package init(of offset: Int, in bytes: some Collection<UInt8>) {
        var (line, column) = (1, 1)
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
    }
}
