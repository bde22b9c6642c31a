/// What a module's `_routes` function prints: on each line a path and the function that serves it.
struct SubrouteList {
    struct Entry: Hashable {
        /// Appended to the module's route; it may end with `/...`.
        let path: String
        let function: String
    }

    /// In the order in which they are tried: the last declared first.
    let entries: [Entry]

    /// A line that is no sub-route.
    struct Malformed: Error, CustomStringConvertible {
        let lineNumber: Int
        let line: String

        var description: String {
            "line \(lineNumber) of what _routes printed is not a path and the name of a function: "
                + String(line.prefix(200)).debugDescription
        }
    }

    init(_ output: [UInt8]) throws(Malformed) {
        var entries: [Entry] = []
        let lines = output.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, bytes) in lines.enumerated() {
            let line = String(decoding: bytes, as: UTF8.self)
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.isEmpty { continue }
            guard words.count == 2, !line.unicodeScalars.contains("\u{FFFD}") else {
                throw Malformed(lineNumber: number + 1, line: line)
            }
            entries.append(Entry(path: String(words[0]), function: String(words[1])))
        }
        self.entries = entries.reversed()
    }
}
