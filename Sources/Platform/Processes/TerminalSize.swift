/// The size of a terminal, in characters.
package struct TerminalSize: Hashable, Sendable {
    package let rows: UInt16
    package let columns: UInt16

    /// The size of the terminal that a descriptor leads to; `nil` if it does not lead to one.
    package init?(of fileDescriptor: Int32) {
        var window = winsize()
        guard ioctl(fileDescriptor, UInt(TIOCGWINSZ), &window) == 0 else { return nil }
        // Some terminals do not know their size.
        self.init(rows: window.ws_row == 0 ? 24 : window.ws_row, columns: window.ws_col == 0 ? 80 : window.ws_col)
    }

    /// The same, so wide that no compiler breaks a message into lines, or cuts it.
    package var wide: TerminalSize { TerminalSize(rows: rows, columns: max(columns, 1000)) }

    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}
