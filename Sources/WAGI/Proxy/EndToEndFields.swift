import HTTP

/// The fields of a message that are passed on (RFC 9110 section 7.6.1).
enum EndToEndFields {
    /// Those that are about one connection only, whether `Connection` names them or not.
    private static let connectionFields = [
        "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade",
    ]

    static func of(_ headers: Headers) -> Headers {
        var result = headers
        for list in headers.all("Connection") {
            for token in list.split(separator: ",") { result.remove(String(token.filter { !$0.isWhitespace })) }
        }
        for name in connectionFields { result.remove(name) }
        return result
    }
}
