import Bindle
import HTTP
import JSON
import Platform

/// An answer that says what is wrong, as Hippo says it: an object by RFC 7807.
enum HippoFailure: Error, Hashable {
    /// What is wrong with a member of the body, or a parameter.
    case invalid(field: String, message: String)
    case loginFailed
    /// Nobody has said, or not rightly, who asks.
    case unauthorized
    case forbidden(String)
    case notFound(String)
    case methodNotAllowed([HTTP.Method])
    /// What is there stands against it.
    case conflict(String)
    case unsupportedMediaType
    case tooLarge(limit: Int)
    /// Too many wrong attempts; the client is to wait.
    case tooManyAttempts(Duration)
    case failed(String)

    init(_ error: StoreError) {
        switch error {
        case .noSuchBindle, .noSuchRelease, .noSuchChannel, .noSuchRevision, .yanked:
            self = .notFound(error.description)
        case .releaseExists, .releaseIsPinned, .parcelNotUploaded: self = .conflict(error.description)
        case .notAnApp: self = .invalid(field: "Name", message: error.description)
        default: self = .failed(error.description)
        }
    }

    init(_ error: PrivateFileError) {
        self = .failed(error.description)
    }

    private var status: Status {
        switch self {
        case .invalid, .loginFailed: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict: .conflict
        case .unsupportedMediaType: .unsupportedMediaType
        case .tooLarge: .contentTooLarge
        case .tooManyAttempts: .tooManyRequests
        case .failed: .internalServerError
        }
    }

    var response: Response {
        var object: JSONObject = ["title": .string(title), "status": .integer(status.code)]
        var headers: Headers = [:]
        switch self {
        case .unauthorized:
            // Without a body, as Hippo's.
            return Response(status: status, headers: ["WWW-Authenticate": "Bearer", "Cache-Control": "no-store"])
        case .invalid(let field, let message): object["errors"] = .object([field: .array([.string(message)])])
        case .loginFailed: object["detail"] = "The name or the password is wrong."
        case .forbidden(let detail), .notFound(let detail), .conflict(let detail), .failed(let detail):
            object["detail"] = .string(detail)
        case .methodNotAllowed(let methods): headers.set("Allow", methods.map(\.rawValue).joined(separator: ", "))
        case .unsupportedMediaType: object["detail"] = "The Content-Type has to be application/json."
        case .tooLarge(let limit): object["detail"] = .string("The body has more than \(limit) bytes.")
        case .tooManyAttempts(let wait):
            let seconds = Int(wait.seconds.rounded(.up))
            headers.set("Retry-After", String(seconds))
            object["detail"] = .string("Too many attempts were wrong: the next one may come in \(seconds) s.")
        }
        var response = Response(hippo: .object(object), status: status)
        response.headers.set("Content-Type", "application/problem+json")
        for field in headers { response.headers.set(field.name, field.value) }
        return response
    }

    private var title: String {
        switch self {
        case .invalid: "One or more validation errors occurred."
        case .loginFailed: "Login failed."
        case .unauthorized: "Unauthorized"
        case .forbidden: "Forbidden"
        case .notFound: "The specified resource was not found."
        case .methodNotAllowed: "The resource has no such method."
        case .conflict: "This cannot be done as things are."
        case .unsupportedMediaType: "The body is of the wrong kind."
        case .tooLarge: "The body is too large."
        case .tooManyAttempts: "Too many attempts."
        case .failed: "An error occurred while processing your request."
        }
    }
}

extension Response {
    /// What clients of Hippo read, and browsers are not to keep.
    init(hippo json: JSONValue, status: Status = .ok) {
        self.init(
            status: status,
            headers: [
                "Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin", "api-supported-versions": "0.1",
            ], body: .bytes(Array(json.serialized.utf8)))
    }
}
