import TOML

/// Why something cannot be served.
public struct LoadError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, without the place.
    public let message: String
    /// The file at fault, if one is known.
    public let file: String?
    public let position: SourcePosition?
    /// The line at `position`, and a caret below it.
    public let excerpt: String?

    public init(_ message: String, file: String? = nil, position: SourcePosition? = nil, excerpt: String? = nil) {
        self.message = message
        self.file = file
        self.position = position
        self.excerpt = excerpt
    }

    /// `FILE:LINE:COLUMN: MESSAGE`, then the offending line with a caret.
    public var description: String {
        var text = ""
        if let file {
            text += file
            if let position { text += ":\(position.line):\(position.column)" }
            text += ": "
        }
        text += message
        if let excerpt { text += "\n\(excerpt)" }
        return text
    }
}
