package import HTTP

/// Why a registry has not given or taken something.
package enum RegistryError: Error, Sendable, CustomStringConvertible {
    case invalidReference(String, problem: String)
    case unreachable(ClientError)
    /// It asks for credentials, or does not take those that it got.
    case unauthorized(host: String, hint: String)
    case notFound(String)
    case refused(String, status: Int, message: String)
    /// It answered, and not as registries do, or with other bytes than their digest says.
    case malformed(String)
    /// The image is of another kind than is wanted.
    case unsuitable(String)

    package var description: String {
        switch self {
        case .invalidReference(let text, let problem): "'\(text)' is no image: \(problem)"
        case .unreachable(let error): "\(error)"
        case .unauthorized(let host, let hint): "the registry \(host) does not let this in: \(hint)"
        case .notFound(let what): "\(what) is not there"
        case .refused(let what, let status, let message):
            "the registry answers with \(status) to \(what)" + (message.isEmpty ? "" : ": \(message)")
        case .malformed(let problem), .unsuitable(let problem): problem
        }
    }
}
