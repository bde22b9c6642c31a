import HTTP
import WASIPreview2

/// The resource `incoming-body` of `wasi:http/types`.
final class IncomingBody {
    let source: any BodySource
    private var hasStream = false

    init(_ source: any BodySource) {
        self.source = source
    }

    /// The bytes of the body; `nil` if they have been handed out.
    func makeStream() -> InputStream? {
        guard !hasStream else { return nil }
        hasStream = true
        return InputStream(source)
    }
}

/// The resource `future-trailers` of `wasi:http/types`.
final class FutureTrailers: Awaitable {
    private let source: any BodySource
    private var isTaken = false

    init(_ source: any BodySource) {
        self.source = source
    }

    var readiness: Readiness { isTaken ? .ready : source.trailerReadiness }

    enum Answer {
        case notYet
        case takenBefore
        case trailers(Result<Headers, HTTPErrorCode>)
    }

    func get(_ call: WASICall) throws -> Answer {
        guard !isTaken else { return .takenBefore }
        guard let trailers = try source.trailers(call) else { return .notYet }
        isTaken = true
        return .trailers(trailers)
    }
}
