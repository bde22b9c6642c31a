/// One request to an app, and what is expected of the response.
package struct RequestTest: Sendable {
    package let name: String
    /// The line of the file at which it begins, from 1 on.
    package let line: Int
    package let method: String
    package let path: TextTemplate
    package let headers: [(name: String, value: TextTemplate)]
    package let body: TextTemplate?
    package let expectation: Expectation
    package let captures: [Capture]
}

/// What is expected of a response.
package struct Expectation: Sendable {
    /// Of the body.
    package enum Body: Hashable, Sendable {
        /// These bytes and no others.
        case text(TextTemplate)
        /// A regular expression that is found somewhere in it.
        case pattern(TextTemplate)
        /// JSON that has at least this: members that are not named may be there, too.
        case json(JSONTemplate)
    }

    /// `nil` for any status below 400.
    package let status: Int?
    package let headers: [(name: String, value: TextTemplate)]
    /// `nil` for any body.
    package let body: Body?
}
