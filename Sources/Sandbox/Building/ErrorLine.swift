/// The line of a build's output that says why it failed, where no compiler names a place.
struct ErrorLine: Sendable {
    /// How many lines are looked at, from the last one back. What says only that something before it has failed is not
    /// counted, nor are the frames of a stack: there may be fifty of them after the reason.
    private static let limit = 20

    /// Lines that may be the reason, without colours and space around them.
    private var reasons: [String] = []
    private var lastLine: String?
    /// Whether the lines are the frames of a stack, until one looks otherwise.
    private var isInStack = false

    /// The last line that tells of an error, in the words of the one who found it: `make`, `npm` and `cargo` end with lines
    /// that say only that something before them has failed. Without such a line, the last one that is not empty.
    var reason: String? {
        guard let place = reasons.lastIndex(where: Self.tellsError) else { return reasons.last ?? lastLine }
        // Rust's compiler says below what it means: "can't find crate for `std`" is a target that is not installed.
        let note = reasons[place...].dropFirst().first { $0.hasPrefix("= note: ") }
        guard let note, reasons[place].hasPrefix("error") else { return reasons[place] }
        return "\(reasons[place]): \(note.dropFirst("= note: ".count))"
    }

    /// Takes note of a line of output.
    mutating func note(_ line: String) {
        let text = HumanEventRenderer.withoutStyles(line).trimmingSpaces
        guard !text.isEmpty else { return }
        lastLine = text
        if Self.beginsStack(text) {
            isInStack = true
            return
        }
        if isInStack, Self.isNumberedFrame(text) { return }
        // Places of frames, as Rust, JavaScript and Java write them.
        if text.hasPrefix("at ") { return }
        isInStack = false
        guard !Self.isAftermath(text) else { return }
        reasons.append(text)
        if reasons.count > Self.limit { reasons.removeFirst() }
    }

    private static func beginsStack(_ line: String) -> Bool {
        ["stack backtrace:", "backtrace:", "stack trace:"].contains(line.lowercased())
    }

    /// As `12: main`.
    private static func isNumberedFrame(_ line: String) -> Bool {
        let rest = line.drop(while: \.isWholeNumber)
        return rest.count < line.count && rest.hasPrefix(": ")
    }

    private static func tellsError(_ line: String) -> Bool {
        let words = line.lowercased()
        return ["error", "fatal", "failed", "cannot", "not found", "no such", "panic"].contains(where: words.contains)
    }

    private static func isAftermath(_ line: String) -> Bool {
        line.starts(
            with:
                #/g?make(\[\d+\])?: \*\*\*|npm (ERR!|error)|ninja: build stopped|error: (could not compile |aborting due to )/#
        )
            || [
                "FAILURE ", "error Command failed", "For more information about this error",
                "Some errors have detailed",
            ]
            .contains(where: line.hasPrefix)
            || line.hasPrefix("note: run with `RUST_BACKTRACE") || line == "Caused by:"
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
