/// A command line that cannot be obeyed as it was written.
package struct UsageError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, and what was perhaps meant; one sentence without a full stop.
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    package var description: String { message }
}
