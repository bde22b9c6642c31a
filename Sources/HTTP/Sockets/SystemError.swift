#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A call to the operating system that failed.
package struct SystemError: Error, Hashable, CustomStringConvertible {
    /// What was tried: the call and what it was applied to.
    package let operation: String
    /// The `errno` it left.
    package let code: Int32

    package init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    package var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
