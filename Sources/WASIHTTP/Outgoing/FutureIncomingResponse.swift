import HTTP
import WASIPreview2

/// The resource `future-incoming-response` of `wasi:http/types`.
final class FutureIncomingResponse: Awaitable {
    /// `nil` once the response has been taken.
    private var request: RunningRequest?

    init(_ request: RunningRequest) {
        self.request = request
    }

    var readiness: Readiness { request?.head.readiness ?? .ready }

    enum Answer {
        case notYet
        case takenBefore
        case response(Result<IncomingResponse, HTTPErrorCode>)
    }

    func get(in memory: HostMemory) throws -> Answer {
        guard let request else { return .takenBefore }
        guard let outcome = request.head.outcome else { return .notYet }
        self.request = nil
        switch outcome {
        case .failure(let code): return .response(.failure(code))
        case .success(let start):
            let body = IncomingBody(ResponseSource(request))
            return .response(.success(try IncomingResponse(start.status, start.headers, body, in: memory)))
        }
    }
}
