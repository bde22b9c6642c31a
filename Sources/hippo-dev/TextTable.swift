/// Rows of cells, one below the other in columns as wide as the widest.
struct TextTable {
    let text: String

    /// - Parameters:
    ///   - rows: All of the same length.
    ///   - rightAligned: The columns of numbers.
    init(_ rows: [[String]], rightAligned: Set<Int> = []) {
        let widths = (rows.first?.indices ?? 0..<0).map { column in rows.map { $0[column].count }.max() ?? 0 }
        text = rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return rightAligned.contains(column) ? padding + cell.0 : cell.0 + padding
            }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
