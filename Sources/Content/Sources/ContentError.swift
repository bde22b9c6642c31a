import Glibc

/// Why a content cannot be read.
package enum ContentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is nowhere any more.
    case gone(name: String)
    /// What stands in its place is another content, and there is no other copy.
    case damaged(name: String)
    /// The system refuses it, for the reason that `errno` gives.
    case unreadable(name: String, code: Int32)
    /// What has it is out of reach for now.
    case unavailable(name: String, reason: String)

    package var description: String {
        switch self {
        case .gone(let name): "the content of \(name.debugDescription) is gone"
        case .damaged(let name): "the content of \(name.debugDescription) is damaged"
        case .unreadable(let name, let code):
            "the content of \(name.debugDescription) cannot be read: \(String(cString: strerror(code)))"
        case .unavailable(let name, let reason):
            "the content of \(name.debugDescription) is out of reach: \(reason)"
        }
    }
}
