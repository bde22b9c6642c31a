import HTTP
import WASIPreview2

/// The body of the response to the request that a component answers. What is written before the response is set waits.
final class ResponseTarget: BodyTarget {
    /// What is written before the response is set, and what is written at a time after that, at most.
    private static let budget = 1 << 20

    private enum State {
        case waiting([UInt8])
        case attached(any IncomingHTTPExchange, ResponseState)
        /// The body was finished before the response was set.
        case finishedEarly([UInt8], Headers)
        case abortedEarly(HTTPErrorCode?)
        case over
    }

    private var state = State.waiting([])
    private(set) var mayBeShort = false
    /// For what waits.
    private let share: HostMemory.Share

    init(in memory: HostMemory) {
        share = memory.share()
    }

    /// The response is set: its head is sent.
    ///
    /// - Parameter hasBody: whether bytes of a body are sent at all.
    func attach(_ exchange: any IncomingHTTPExchange, _ response: ResponseState, hasBody: Bool) throws {
        mayBeShort = !hasBody
        defer { try? share.resize(to: 0) }
        switch state {
        case .waiting(let bytes):
            state = .attached(exchange, response)
            if !bytes.isEmpty { try bytes.withBytes { try exchange.writeBody($0) } }
        case .finishedEarly(let bytes, let trailers):
            state = .over
            if !bytes.isEmpty { try bytes.withBytes { try exchange.writeBody($0) } }
            try exchange.finish(trailers: trailers)
            response.outcome = .finished
        case .abortedEarly(let reason):
            state = .over
            response.outcome = .unfinished(reason)
        case .attached, .over: break
        }
    }

    /// The response will not be set.
    func discard() {
        if case .attached = state { return }
        state = .over
        try? share.resize(to: 0)
    }

    func budget(_ call: WASICall) throws(StreamFailure) -> Int {
        switch state {
        case .waiting(let bytes): return max(0, Self.budget - bytes.count)
        case .attached(_, let response):
            guard !response.isOver else { throw .closed }
            return Self.budget
        case .finishedEarly, .abortedEarly, .over: throw .closed
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, _ call: WASICall) throws(StreamFailure) {
        switch state {
        case .waiting(let earlier):
            do { try share.resize(to: earlier.count + bytes.count) } catch { throw .host(error) }
            // The array is not to be copied with each part.
            state = .over
            var earlier = earlier
            earlier.append(contentsOf: bytes)
            state = .waiting(earlier)
        case .attached(let exchange, let response):
            guard !response.isOver else { throw .closed }
            try telling(response) { try exchange.writeBody(bytes) }
        case .finishedEarly, .abortedEarly, .over: throw .closed
        }
    }

    func flush(_ call: WASICall) throws(StreamFailure) {
        switch state {
        case .waiting, .finishedEarly: break
        case .attached(let exchange, let response):
            guard !response.isOver else { throw .closed }
            try telling(response) { try exchange.flush() }
        case .abortedEarly, .over: throw .closed
        }
    }

    // Only when the response is set does anybody take what is written.
    var readiness: Readiness {
        if case .waiting(let bytes) = state, bytes.count >= Self.budget { .never } else { .ready }
    }

    func finish(_ trailers: Headers, _ call: WASICall) throws {
        switch state {
        case .waiting(let bytes): state = .finishedEarly(bytes, trailers)
        case .attached(let exchange, let response):
            state = .over
            guard !response.isOver else { return }
            do {
                try exchange.finish(trailers: trailers)
                response.outcome = .finished
            } catch let error as ResponseError {
                response.outcome = .unfinished(HTTPErrorCode(error))
                throw HTTPErrorCode(error)
            }
        case .finishedEarly, .abortedEarly, .over: break
        }
    }

    func abort(_ reason: HTTPErrorCode?) {
        switch state {
        case .waiting: state = .abortedEarly(reason)
        case .attached(_, let response):
            state = .over
            guard !response.isOver else { return }
            response.outcome = .unfinished(reason)
        case .finishedEarly, .abortedEarly, .over: break
        }
    }

    /// Tells the component what is the client's doing; all else ends it.
    private func telling(_ response: ResponseState, _ body: () throws -> Void) throws(StreamFailure) {
        do {
            try body()
        } catch let error as ResponseError {
            let code = HTTPErrorCode(error)
            response.outcome = .unfinished(code)
            throw .failed(IOError(.other(code)))
        } catch {
            throw .host(error)
        }
    }
}
