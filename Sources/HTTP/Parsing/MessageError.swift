/// A message that breaks the rules of HTTP, or a limit: what is wrong, and the status that tells a client so.
struct MessageError: Error, Equatable {
    let status: Status
    let problem: String
    /// Whether the client speaks HTTP/2, and would not understand an answer in HTTP/1.1.
    private(set) var isHTTP2 = false

    init(_ status: Status, _ problem: String) {
        self.status = status
        self.problem = problem
    }

    /// A malformed message.
    init(_ problem: String) {
        self.init(.badRequest, problem)
    }

    /// A client has begun with HTTP/2 (RFC 9113 section 3.4), which this server does not speak.
    static var http2Preface: MessageError {
        var error = MessageError(.httpVersionNotSupported, "HTTP/2: this server speaks HTTP/1.1")
        error.isHTTP2 = true
        return error
    }
}
