#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why a wwwroot cannot be shared with another process, or taken from it.
package enum ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was given is no image. This is a fault of this program, or somebody's malice.
    case malformed(String)
    /// More names, or longer ones, than an image has room for.
    case tooLarge
    /// A system call failed with this `errno`.
    case system(operation: String, code: Int32)

    init(_ failure: SealedMemory.Failure) {
        self = .system(operation: failure.operation, code: failure.code)
    }

    package var description: String {
        switch self {
        case .malformed(let problem): "the image of the wwwroot is malformed: \(problem)"
        case .tooLarge: "the wwwroot has too many names"
        case .system(let operation, let code): "the image of the wwwroot: \(operation): \(String(cString: strerror(code)))"
        }
    }
}
