import HTTP
import Platform
import WASIPreview2

/// A request of a component that is under way, from when it is sent until its response has been read or dropped. With its
/// last reference, it is given up.
final class RunningRequest {
    let head: Completion<Result<ResponseStart, HTTPErrorCode>>
    let responseBody: BodyPipe
    private let requestBody: BodyPipe?
    private let abort = RequestAbort()
    private let count: RequestCount

    /// The head of a response.
    struct ResponseStart: Sendable {
        let status: Status
        let headers: Headers
    }

    /// Sends the request, on a thread of its own.
    ///
    /// - Parameters:
    ///   - request: without a body.
    ///   - body: what the component writes; `nil` for none.
    ///   - observer: told of a failure, in a sentence.
    init(
        _ request: ClientRequest, body: BodyPipe?, declaredLength: UInt64?, client: Client, count: RequestCount,
        threads: ThreadBudget, observer: (@Sendable (String) -> Void)?
    ) throws {
        head = try Completion()
        responseBody = try BodyPipe()
        requestBody = body
        self.count = count
        count.value += 1
        var request = request
        request.abort = abort
        request.followsRedirects = false
        let work = RequestWork(
            request: request, client: client, head: head, requestBody: body, responseBody: responseBody,
            abort: abort, observer: observer, declaredLength: declaredLength)
        // What waits for the other server is not the guest's thread, which has more to do.
        if !threads.start(name: "request", { work.run() }) {
            head.complete(.failure(.connectionLimitReached))
        }
    }

    deinit {
        count.value -= 1
        abort.abort()
        requestBody?.closeReader()
        responseBody.closeReader()
        // Whoever waits for bytes of the body is woken.
        requestBody?.fail(.connectionTerminated)
    }
}

/// What the thread of a request does.
private struct RequestWork: Sendable {
    var request: ClientRequest
    let client: Client
    let head: Completion<Result<RunningRequest.ResponseStart, HTTPErrorCode>>
    let requestBody: BodyPipe?
    let responseBody: BodyPipe
    let abort: RequestAbort
    let observer: (@Sendable (String) -> Void)?
    let declaredLength: UInt64?

    func run() {
        defer { requestBody?.closeReader() }
        do {
            // What is whole already needs no connection of its own.
            if let requestBody, requestBody.whole?.trailers.isEmpty != true {
                try sendWhileReceiving(requestBody)
            } else {
                try sendWhole()
            }
        } catch {
            let code =
                switch error {
                case let code as HTTPErrorCode: code
                case let error as ClientError: HTTPErrorCode(error)
                default: HTTPErrorCode.internalError("\(error)")
                }
            if !abort.isAborted {
                observer?("a request failed: \(error is ClientError ? "\(error)" : "\(request.url): \(code)")")
            }
            fail(code)
        }
    }

    private func fail(_ code: HTTPErrorCode) {
        if head.outcome == nil { head.complete(.failure(code)) }
        responseBody.fail(code)
    }

    private func sendWhole() throws {
        var request = request
        if let bytes = requestBody?.whole?.bytes, !bytes.isEmpty { request.body = .bytes(bytes) }
        let response = try client.send(request)
        head.complete(.success(.init(status: response.status, headers: response.headers)))
        while true {
            guard responseBody.waitForRoom() else { return response.close() }
            let piece = try response.read(upTo: 64 << 10)
            guard !piece.isEmpty else { return responseBody.finish(response.trailers) }
            piece.withBytes { responseBody.write($0) }
        }
    }

    private func sendWhileReceiving(_ requestBody: BodyPipe) throws {
        var request = request
        request.body = .stream(length: declaredLength.map { Int64(clamping: $0) }) { _ in 0 }
        let peer = PipePeer(head: head, requestBody: requestBody, responseBody: responseBody)
        responseBody.finish(try client.exchange(request, with: peer))
    }
}

/// What stands between a component's pipes and the client.
private final class PipePeer: DuplexPeer {
    private let head: Completion<Result<RunningRequest.ResponseStart, HTTPErrorCode>>
    private let requestBody: BodyPipe
    private let responseBody: BodyPipe
    private(set) var trailers = Headers()

    init(
        head: Completion<Result<RunningRequest.ResponseStart, HTTPErrorCode>>, requestBody: BodyPipe,
        responseBody: BodyPipe
    ) {
        self.head = head
        self.requestBody = requestBody
        self.responseBody = responseBody
    }

    func nextBytes() throws -> [UInt8]? {
        switch requestBody.read(upTo: 64 << 10) {
        case .bytes(let bytes): return bytes
        case .notYet: return nil
        case .end(.success(let trailers)):
            self.trailers = trailers
            return []
        case .end(.failure(let code)): throw code
        }
    }

    var bytesDescriptor: Int32 { requestBody.readableDescriptor }

    func takeHead(_ status: Status, _ headers: Headers) {
        head.complete(.success(.init(status: status, headers: headers)))
    }

    func takeBytes(_ bytes: UnsafeRawBufferPointer) { responseBody.write(bytes) }

    // When nobody reads, the connection is being shut down.
    var hasRoom: Bool { responseBody.room != 0 }

    var roomDescriptor: Int32 { responseBody.writableDescriptor }
}
