import HTTP
import WebGuard

/// Who is shown the stack, the output and the source of what has failed.
package enum ErrorAudience: Hashable, Sendable {
    /// Nobody: clients learn in a sentence what has gone wrong.
    case nobody
    /// Clients on this machine.
    case thisMachine
    /// Every client.
    case everybody

    /// Whether the sender of a request is one of them. A page of another site never is.
    func includes(_ request: Request) -> Bool {
        guard WebGuard.isOwn(request) else { return false }
        return switch self {
        case .nobody: false
        // What a server on this machine has passed on may come from anywhere.
        case .thisMachine:
            request.remoteAddress?.isLoopback ?? true && request.headers["X-Forwarded-For"] == nil
                && request.headers["Forwarded"] == nil
        case .everybody: true
        }
    }
}
