/// What Python tells of an exception: its frames, the innermost one last, and then what it is.
///
/// ```
/// Traceback (most recent call last):
///   File "app.py", line 19, in <module>
///     import absent
/// ModuleNotFoundError: No module named 'absent'
/// ```
struct PythonTraceback: Sendable {
    private var place: (file: String, line: Int)?
    private var isOfLibrary = false

    // Regular expressions do not change, and matching makes state of its own. An exception's text may be a traceback, which
    // then begins on the line of its name.
    private nonisolated(unsafe) static let frame =
        #/(?:[\w.]+: )?\s*File "([^"]+)", line (\d+)(?:, .*)?/#
    private nonisolated(unsafe) static let exception = #/((?:\w+\.)*[A-Z]\w*(?:: .*)?)/#

    /// Whether a frame has been seen, so that an exception may follow.
    var hasFrame: Bool { place != nil }

    /// Takes note of a line, and returns the exception when it is one that has frames before it.
    mutating func note(_ line: String) -> DiagnosticScanner.Diagnostic? {
        if let found = line.wholeMatch(of: Self.frame)?.output {
            let isOfLibrary = Self.isOfLibrary(found.1)
            // A program's own line is where to look, even where a library's function has thrown.
            if place == nil || !isOfLibrary || self.isOfLibrary, let number = Int(found.2) {
                place = (String(found.1), number)
                self.isOfLibrary = isOfLibrary
            }
            return nil
        }
        // The source lines of frames are indented.
        guard let place, let first = line.first, !first.isWhitespace else { return nil }
        // A traceback within one.
        if line.hasSuffix("Traceback (most recent call last):") {
            self.place = nil
            return nil
        }
        guard let found = line.wholeMatch(of: Self.exception)?.output else {
            self.place = nil
            return nil
        }
        return .init(file: place.file, line: place.line, column: nil, message: String(found.1))
    }

    private static func isOfLibrary(_ file: Substring) -> Bool {
        file.hasPrefix("<") || file.contains("/lib/python") || file.contains("/site-packages/")
    }
}
