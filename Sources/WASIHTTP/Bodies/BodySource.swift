import HTTP
import WASIPreview2

/// What an incoming body is read from.
protocol BodySource: ByteSource {
    /// The fields after the body, once it has come whole; `nil` before that. What is left of the body is thrown away.
    func trailers(_ call: WASICall) throws -> Result<Headers, HTTPErrorCode>?

    /// What has to happen before there are trailers.
    var trailerReadiness: Readiness { get }
}

/// The body of the request that a component answers.
final class ExchangeSource: BodySource {
    private let exchange: any IncomingHTTPExchange
    private var hasEnded = false
    private var failure: HTTPErrorCode?

    init(_ exchange: any IncomingHTTPExchange) {
        self.exchange = exchange
    }

    func read(upTo limit: Int, _ call: WASICall) throws(StreamFailure) -> [UInt8] {
        if let failure { throw .failed(IOError(.other(failure))) }
        guard !hasEnded else { throw .closed }
        if readiness != .ready, WASICall.isReady(readiness) == false { return [] }
        let bytes = try readWaiting(upTo: limit)
        guard !bytes.isEmpty else { throw .closed }
        return bytes
    }

    private func readWaiting(upTo limit: Int) throws(StreamFailure) -> [UInt8] {
        var failure: (any Error)?
        let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            do { count = try exchange.readBody(into: UnsafeMutableRawBufferPointer(buffer)) } catch { failure = error }
        }
        switch failure {
        case let error as RequestBodyError:
            let code = HTTPErrorCode(error)
            self.failure = code
            throw .failed(IOError(.other(code)))
        case let error?: throw .host(error)
        case nil: break
        }
        hasEnded = bytes.isEmpty
        return bytes
    }

    var readiness: Readiness {
        guard !hasEnded, failure == nil, let descriptor = exchange.awaitedDescriptor else { return .ready }
        return .readable(descriptor)
    }

    func trailers(_ call: WASICall) throws -> Result<Headers, HTTPErrorCode>? {
        while !hasEnded, failure == nil {
            try call.endIfInterrupted()
            if readiness != .ready, !WASICall.isReady(readiness) { return nil }
            do throws(StreamFailure) {
                _ = try readWaiting(upTo: 64 << 10)
            } catch {
                if case .host(let error) = error { throw error }
            }
        }
        return failure.map { .failure($0) } ?? .success(exchange.requestTrailers)
    }

    var trailerReadiness: Readiness { readiness }
}

extension HTTPErrorCode {
    /// What a component is told of a request's body that did not come whole.
    init(_ error: RequestBodyError) {
        self =
            switch error {
            case .tooLarge(let limit): .requestBodySize(UInt64(clamping: limit))
            case .malformed: .protocolError
            case .timedOut, .cancelled: .connectionReadTimeout
            case .disconnected: .connectionTerminated
            }
    }

    /// What a component is told of a response that cannot be sent.
    init(_ error: ResponseError) {
        self =
            switch error {
            case .clientDisconnected: .connectionTerminated
            case .timedOut, .cancelled: .connectionWriteTimeout
            case .bodyExceedsContentLength(let length), .bodyShorterThanContentLength(let length):
                .responseBodySize(UInt64(clamping: length))
            default: .internalError(error.description)
            }
    }
}
