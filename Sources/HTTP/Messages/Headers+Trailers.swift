extension Headers {
    private static let fieldsOfHeads = [
        "Content-Length", "Transfer-Encoding", "Host", "Trailer", "Connection", "Upgrade", "TE", "Keep-Alive",
    ]

    /// Without the fields that say how a message is framed or routed, which have no place behind a body (RFC 9110
    /// section 6.5.1).
    var asTrailers: Headers {
        var trailers = self
        for name in Self.fieldsOfHeads { trailers.remove(name) }
        return trailers
    }
}
