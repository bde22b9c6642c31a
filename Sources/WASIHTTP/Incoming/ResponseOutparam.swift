import HTTP
import WASIPreview2

/// The resource `response-outparam` of `wasi:http/types`: by which a component says once what the response is.
final class ResponseOutparam {
    private let exchange: any IncomingHTTPExchange
    private let state: ResponseState

    init(_ exchange: any IncomingHTTPExchange, _ state: ResponseState) {
        self.exchange = exchange
        self.state = state
    }

    func set(_ error: HTTPErrorCode) { state.outcome = .error(error) }

    /// Sends the head, and what has been written of the body.
    func set(_ response: OutgoingResponse, _ call: WASICall) throws {
        guard response.status.code >= 200 else {
            state.outcome = .error(.protocolError)
            return
        }
        do {
            try exchange.writeHead(response.status, response.fields.headers)
        } catch let error as ResponseError {
            state.outcome = .error(HTTPErrorCode(error))
            response.target?.discard()
            return
        }
        state.outcome = .unfinished(nil)
        do {
            if let target = response.target {
                let hasBody = exchange.method != .head && !response.status.forbidsBody && response.status.code != 205
                try target.attach(exchange, state, hasBody: hasBody)
            } else {
                try exchange.finish(trailers: Headers())
                state.outcome = .finished
            }
        } catch let error as ResponseError {
            // The component learns of it when it writes more.
            state.outcome = .unfinished(HTTPErrorCode(error))
        }
    }

    func sendInterim(_ status: UInt16, _ fields: Fields) throws {
        guard (100...199).contains(status), let status = Status(checking: Int(status)) else {
            throw HTTPErrorCode.protocolError
        }
        do {
            try exchange.writeInterim(status, fields.headers)
        } catch let error as ResponseError {
            throw HTTPErrorCode.internalError(error.description)
        }
    }
}
