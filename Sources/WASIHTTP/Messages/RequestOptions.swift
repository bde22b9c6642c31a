import HTTP

/// The resource `request-options` of `wasi:http/types`, in nanoseconds.
final class RequestOptions {
    var connectTimeout: UInt64?
    var firstByteTimeout: UInt64?
    var betweenBytesTimeout: UInt64?

    /// As the client takes them.
    var timeouts: ClientRequest.Timeouts {
        var timeouts = ClientRequest.Timeouts()
        timeouts.connect = connectTimeout.map(Self.duration)
        timeouts.firstByte = firstByteTimeout.map(Self.duration)
        timeouts.betweenBytes = betweenBytesTimeout.map(Self.duration)
        return timeouts
    }

    private static func duration(_ nanoseconds: UInt64) -> Duration { .nanoseconds(Int64(clamping: nanoseconds)) }
}
