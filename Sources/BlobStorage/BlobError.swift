package import HTTP

/// Why a blob store did not do what it was asked. The description names the request, and no secret.
package enum BlobError: Error, Hashable, CustomStringConvertible {
    /// There was no answer, or none that is HTTP.
    case transport(method: String, ClientError)
    /// The service said no: its code and message, where it gave any.
    case refused(method: String, url: String, status: Status, code: String?, message: String?, retryAfter: Duration?)
    /// The service said yes, and what it sent is not what was asked for.
    case malformed(method: String, url: String, problem: String)
    case noSuchBlob(url: String)
    /// The bytes that were to be written cannot be read.
    case source(String)
    /// What was to be done with the bytes that were read failed.
    case receiver(String)
    /// Nobody wants the result any more.
    case cancelled

    /// Whether the same request may well succeed a little later.
    package var isTransient: Bool {
        switch self {
        case .transport(_, let error):
            switch error.reason {
            case .cannotConnect, .unknownHost, .connectTimedOut, .timedOut, .disconnected, .system: true
            default: false
            }
        case .refused(_, _, let status, let code, _, _):
            [408, 425, 429, 500, 502, 503, 504].contains(status.code) || code == "ConditionalRequestConflict"
        default: false
        }
    }

    /// How long the service asks to wait before the request is sent again.
    var retryAfter: Duration? {
        if case .refused(_, _, _, _, _, let delay) = self { delay } else { nil }
    }

    var status: Status? {
        if case .refused(_, _, let status, _, _, _) = self { status } else { nil }
    }

    package var description: String {
        switch self {
        case .transport(let method, let error): "\(method) \(error)"
        case .refused(let method, let url, let status, let code, let message, _):
            "\(method) \(url): the service answered \(status)"
                + (code.map { " (\($0))" } ?? "") + (message.map { ": \($0)" } ?? "")
        case .malformed(let method, let url, let problem):
            "\(method) \(url): the service's answer makes no sense: \(problem)"
        case .noSuchBlob(let url): "there is no blob at \(url)"
        case .source(let problem): "what was to be written cannot be read: \(problem)"
        case .receiver(let problem): problem
        case .cancelled: "the request was given up"
        }
    }
}
