/// A value that is taken out of a response, for later requests of the same file.
package struct Capture: Hashable, Sendable {
    /// Where the value stands.
    package enum Source: Hashable, Sendable {
        /// A JSON Pointer (RFC 6901) into the body, such as `/items/0/id`; the empty pointer is the whole body.
        case json(JSONPointer)
        /// The first field of that name.
        case header(String)
        /// The first group of a regular expression, searched for in the body; without a group, the whole match.
        case pattern(String)
    }

    package let name: String
    package let source: Source

    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }
}
