/// Why an application cannot be exported.
package struct ExportError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and what to do, in a sentence without a full stop.
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
