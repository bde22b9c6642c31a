/// A call to the operating system that failed.
package struct SystemError: Error, Hashable, CustomStringConvertible, Sendable {
    /// What was tried: the call, or in words for people.
    package let operation: String
    /// The `errno` that the call left.
    package let code: Int32
    /// What it was applied to, if that was a file.
    package let path: String?

    /// - Parameter code: the `errno` that the call left.
    package init(operation: String, code: Int32, path: String? = nil) {
        self.operation = operation
        self.code = code
        self.path = path
    }

    /// An error with the `errno` of the call that has just failed.
    package static func last(_ operation: String, path: String? = nil) -> SystemError {
        SystemError(operation: operation, code: errno, path: path)
    }

    /// The system's words for `code`: "No such file or directory".
    package var reason: String { Self.reason(code) }

    /// The system's words for an `errno`.
    package static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// What was tried, on what, and why it failed: "open a.wasm: No such file or directory".
    package var description: String {
        path.map { "\(operation) \($0): \(reason)" } ?? "\(operation): \(reason)"
    }
}
