/// A file that could not be written.
package struct FileWriteError: Error, Hashable, Sendable, CustomStringConvertible {
    package let path: String
    /// The system's words for why.
    package let detail: String

    package var description: String { "cannot write \(path): \(detail)" }
}
