/// An access log that has each request before the client has the end of the response, so that none is missing in it that
/// was answered, even if the process is killed in between.
///
/// Called from several threads. It must not block.
package protocol RequestLog: Sendable {
    /// Notes a request whose response is about to be handed to the system as a whole. What is told of it then holds unless
    /// `end` or `withdraw` is called.
    ///
    /// - Returns: where it stands; `nil` if it does not.
    func begin(_ record: RequestRecord) -> RequestLogPlace?
    /// Notes what has become of a request, at the place that `begin` has given for it, if it has been called.
    func end(_ record: RequestRecord, at place: RequestLogPlace?)
    /// Takes back what `begin` has noted: the response takes longer.
    func withdraw(_ place: RequestLogPlace)
}

/// Where a request stands in a log: a number that means something to the log.
package struct RequestLogPlace: Hashable, Sendable {
    package let value: UInt64

    package init(_ value: UInt64) {
        self.value = value
    }
}
