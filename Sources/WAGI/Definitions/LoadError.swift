package import Bindle
package import TOML

/// Why something cannot be served.
package struct LoadError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, without the place.
    package let message: String
    /// The file at fault, if one is known.
    package let file: String?
    package let position: SourcePosition?
    /// The line at `position`, and a caret below it.
    package let excerpt: String?
    /// The handler at fault, if one is.
    package let route: Route?

    package init(
        _ message: String, file: String? = nil, position: SourcePosition? = nil, excerpt: String? = nil,
        route: Route? = nil
    ) {
        self.route = route
        self.message = message
        self.file = file
        self.position = position
        self.excerpt = excerpt
    }

    /// `FILE:LINE:COLUMN: MESSAGE`, then the offending line with a caret.
    package var description: String {
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
