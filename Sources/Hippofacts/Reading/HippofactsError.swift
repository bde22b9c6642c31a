import TOML

/// What is wrong with a HIPPOFACTS file or with a file that it names, and where.
public struct HippofactsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file at fault.
    public let file: String
    /// The place in the file, where one is known.
    public let position: SourcePosition?
    /// What is wrong, without the place.
    public let message: String
    /// The line at `position`, and a caret below it.
    public let excerpt: String?

    public init(file: String, position: SourcePosition? = nil, message: String, excerpt: String? = nil) {
        self.file = file
        self.position = position
        self.message = message
        self.excerpt = excerpt
    }

    init(file: String, _ error: TOMLError) {
        self.init(file: file, position: error.position, message: error.message, excerpt: error.excerpt)
    }

    /// `FILE:LINE:COLUMN: MESSAGE`, then the offending line with a caret.
    public var description: String {
        var text = file
        if let position { text += ":\(position.line):\(position.column)" }
        text += ": \(message)"
        if let excerpt { text += "\n\(excerpt)" }
        return text
    }
}
