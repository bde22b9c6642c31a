/// A command line that cannot be obeyed as it was written.
public struct UsageError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, and what was perhaps meant; one sentence without a full stop.
    public let message: String

    public init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
