/// A file that could not be written.
public struct FileWriteError: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    /// The system's words for why.
    public let detail: String

    public var description: String { "cannot write \(path): \(detail)" }
}
