#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A call to the operating system that failed.
public struct SystemError: Error, Hashable, CustomStringConvertible {
    /// What was tried: the call and what it was applied to.
    public let operation: String
    /// The `errno` it left.
    public let code: Int32

    public init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    public var description: String { "\(operation): \(String(cString: strerror(code)))" }
}
