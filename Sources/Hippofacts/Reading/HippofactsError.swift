package import TOML

/// What is wrong with a HIPPOFACTS file or with a file that it names, and where.
package struct HippofactsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file at fault.
    package let file: String
    /// The place in the file, where one is known.
    package let position: SourcePosition?
    /// What is wrong, without the place.
    package let message: String
    /// The line at `position`, and a caret below it.
    package let excerpt: String?

    package init(file: String, position: SourcePosition? = nil, message: String, excerpt: String? = nil) {
        self.file = file
        self.position = position
        self.message = message
        self.excerpt = excerpt
    }

    /// Whether nothing is wrong: somebody has ended the expansion (see `ExpansionControl`).
    package var isCancelled: Bool { message == Self.cancellationMessage && file.isEmpty }

    static let cancellationMessage = "the expansion was cancelled"
    static let cancelled = HippofactsError(file: "", message: cancellationMessage)

    init(file: String, _ error: TOMLError) {
        self.init(file: file, position: error.position, message: error.message, excerpt: error.excerpt)
    }

    /// `FILE:LINE:COLUMN: MESSAGE`, then the offending line with a caret.
    package var description: String {
        var text = file
        if let position { text += ":\(position.line):\(position.column)" }
        text += ": \(message)"
        if let excerpt { text += "\n\(excerpt)" }
        return text
    }
}
