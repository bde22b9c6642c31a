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

    /// Whether the sender of a request is one of them. A page of another site, which the guard tells, never is.
    func includes(_ request: Request, _ webGuard: WebGuard) -> Bool {
        guard webGuard.isOwn(request) else { return false }
        return switch self {
        case .nobody: false
        case .thisMachine: (request.remoteAddress?.isLoopback ?? true) && !Self.isPassedOn(request)
        case .everybody: true
        }
    }

    /// Whether a server on this machine may have passed a request on, which comes from wherever then. What the server in
    /// front says is no longer among the fields (see Behind.md).
    private static func isPassedOn(_ request: Request) -> Bool {
        ["X-Forwarded-For", "Forwarded", "X-Real-IP"].contains { request.headers.contains($0) }
    }
}
