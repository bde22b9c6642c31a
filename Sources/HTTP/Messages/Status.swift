/// A response's status: its code and, optionally, a reason phrase of its own (RFC 9110 section 15).
package struct Status: Sendable, CustomStringConvertible {
    /// 100…599.
    package let code: Int
    /// What follows the code in the status line; it may be empty.
    package let reason: String

    /// A status. A reason that could break out of the status line is replaced by the registered one.
    ///
    /// - Precondition: `code` is in 100…599; see `init(checking:reason:)` for codes from outside.
    package init(_ code: Int, reason: String? = nil) {
        precondition((100...599).contains(code), "HTTP status code \(code) is not in 100...599")
        self.code = code
        if let reason, Self.isValid(reason) {
            self.reason = reason
        } else {
            self.reason = Self.registeredReason(for: code)
        }
    }

    private static func isValid(_ reason: String) -> Bool {
        reason.utf8.allSatisfy { CharacterClass.isFieldContent($0) }
    }

    /// A status from an untrusted source: `nil` unless `code` is in 100…599 and `reason` is printable.
    package init?(checking code: Int, reason: String? = nil) {
        guard (100...599).contains(code) else { return nil }
        if let reason, !Self.isValid(reason) { return nil }
        self.init(code, reason: reason)
    }

    package var description: String { reason.isEmpty ? "\(code)" : "\(code) \(reason)" }

    /// Whether a response with this status never has a body: 1xx, 204 and 304 (RFC 9112 section 6.3).
    package var forbidsBody: Bool { code < 200 || code == 204 || code == 304 }

    package static let `continue` = Status(100)
    package static let ok = Status(200)
    package static let created = Status(201)
    package static let accepted = Status(202)
    package static let noContent = Status(204)
    package static let partialContent = Status(206)
    package static let movedPermanently = Status(301)
    package static let found = Status(302)
    package static let seeOther = Status(303)
    package static let notModified = Status(304)
    package static let temporaryRedirect = Status(307)
    package static let permanentRedirect = Status(308)
    package static let badRequest = Status(400)
    package static let unauthorized = Status(401)
    package static let forbidden = Status(403)
    package static let notFound = Status(404)
    package static let methodNotAllowed = Status(405)
    package static let notAcceptable = Status(406)
    package static let requestTimeout = Status(408)
    package static let conflict = Status(409)
    package static let gone = Status(410)
    package static let lengthRequired = Status(411)
    package static let preconditionFailed = Status(412)
    package static let contentTooLarge = Status(413)
    package static let uriTooLong = Status(414)
    package static let unsupportedMediaType = Status(415)
    package static let rangeNotSatisfiable = Status(416)
    package static let expectationFailed = Status(417)
    package static let misdirectedRequest = Status(421)
    package static let unprocessableContent = Status(422)
    package static let tooManyRequests = Status(429)
    package static let requestHeaderFieldsTooLarge = Status(431)
    package static let internalServerError = Status(500)
    package static let notImplemented = Status(501)
    package static let badGateway = Status(502)
    package static let serviceUnavailable = Status(503)
    package static let gatewayTimeout = Status(504)
    package static let httpVersionNotSupported = Status(505)

    /// The reason phrase registered for `code`, or an empty string.
    package static func registeredReason(for code: Int) -> String {
        switch code {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 102: "Processing"
        case 103: "Early Hints"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 203: "Non-Authoritative Information"
        case 204: "No Content"
        case 205: "Reset Content"
        case 206: "Partial Content"
        case 207: "Multi-Status"
        case 208: "Already Reported"
        case 226: "IM Used"
        case 300: "Multiple Choices"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 305: "Use Proxy"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 407: "Proxy Authentication Required"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 423: "Locked"
        case 424: "Failed Dependency"
        case 425: "Too Early"
        case 426: "Upgrade Required"
        case 428: "Precondition Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 451: "Unavailable For Legal Reasons"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 506: "Variant Also Negotiates"
        case 507: "Insufficient Storage"
        case 508: "Loop Detected"
        case 511: "Network Authentication Required"
        default: ""
        }
    }
}

extension Status: Hashable {
    /// Statuses are equal when their codes are; the reason phrase has no meaning.
    package static func == (left: Status, right: Status) -> Bool { left.code == right.code }

    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
