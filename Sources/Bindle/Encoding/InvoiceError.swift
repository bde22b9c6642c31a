package import TOML

/// What is wrong with the text of an invoice, and where.
package struct InvoiceError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, without the place.
    package let message: String
    /// The value's place in the text.
    package let position: SourcePosition?
    /// The line at `position`, indented, and a caret below it.
    package let excerpt: String?

    init(_ error: TOMLError) {
        message = error.message
        position = error.position
        excerpt = error.excerpt
    }

    init(_ problem: InvoiceProblem, position: SourcePosition?, text: [UInt8]) {
        message = problem.path.isEmpty ? problem.message : problem.description
        self.position = position
        excerpt = position.map { TOMLError(problem.message, at: $0, in: text).excerpt }
    }

    /// The place and what is wrong, in one line.
    package var summary: String { position.map { "\($0): \(message)" } ?? message }

    /// The summary, and the offending line below it.
    package var description: String { excerpt.map { "\(summary)\n\($0)" } ?? summary }
}
