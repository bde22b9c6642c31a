/// A place in the source code that a module was compiled from.
package struct SourceLocation: Hashable, Sendable {
    /// The path as the compiler recorded it, absolute where it did.
    package let file: String
    /// Counts from 1.
    package let line: Int
    /// Counts from 1; `nil` if only the line is known.
    package let column: Int?

    package init(file: String, line: Int, column: Int?) {
        self.file = file
        self.line = line
        self.column = column
    }
}

extension SourceLocation: CustomStringConvertible {
    package var description: String {
        column.map { "\(file):\(line):\($0)" } ?? "\(file):\(line)"
    }
}

extension Module {
    /// Where the instruction at an offset of the binary comes from, as the DWARF line tables say; `nil` if they do not.
    ///
    /// The tables are indexed at the first call. For a caller in a trace, pass the offset of its call instruction
    /// rather than the one it returns to, which may belong to the next line.
    package func sourceLocation(at offset: Int) -> SourceLocation? {
        guard let codeSection else { return nil }
        return lineTableStorage.table(of: self).location(at: offset - codeSection.lowerBound)
    }
}
