/// Cuts bytes into lines of text as they come, and cuts lines that are too long.
struct LineSplitter: Sendable {
    private let longestLine: Int
    /// The beginning of the line whose end has not come yet.
    private var partial: [UInt8] = []
    /// How many of its bytes have been left out.
    private var omitted = 0

    /// - Parameter longestLine: in bytes.
    init(longestLine: Int) {
        self.longestLine = longestLine
    }

    /// The lines that end in these bytes.
    mutating func take(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            lines.append(takeLine())
            rest = rest[(end + 1)...]
        }
        append(rest)
        return lines
    }

    /// What has come after the last line; `nil` if nothing has.
    mutating func takeRest() -> String? {
        partial.isEmpty ? nil : takeLine()
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        let kept = bytes.prefix(max(0, longestLine - partial.count))
        partial += kept
        omitted += bytes.count - kept.count
    }

    private mutating func takeLine() -> String {
        defer { (partial, omitted) = ([], 0) }
        var line = String(decoding: partial, as: UTF8.self)
        if line.hasSuffix("\r") { line.removeLast() }
        return omitted == 0 ? line : "\(line)… (\(omitted) more bytes)"
    }
}
