import HTTP
import WASIPreview2

/// The resource `response-outparam` of `wasi:http/types`: by which a component says once what the response is.
final class ResponseOutparam {
    private let exchange: any IncomingHTTPExchange
    private let context: HTTPContext

    init(_ exchange: any IncomingHTTPExchange, _ context: HTTPContext) {
        self.exchange = exchange
        self.context = context
    }

    func set(_ error: HTTPErrorCode) { context.outcome = .error(error) }

    /// Sends the head, and what has been written of the body.
    func set(_ response: OutgoingResponse, _ call: WASICall) throws {
        guard response.status.code >= 200 else {
            context.outcome = .error(.protocolError)
            return
        }
        do {
            try exchange.writeHead(response.status, response.fields.headers)
        } catch let error as ResponseError {
            context.outcome = .error(HTTPErrorCode(error))
            response.target?.discard()
            return
        }
        context.outcome = .unfinished(nil)
        do {
            if let target = response.target {
                let hasBody = exchange.method != .head && !response.status.forbidsBody && response.status.code != 205
                try target.attach(exchange, context, hasBody: hasBody)
            } else {
                try exchange.finish(trailers: Headers())
                context.outcome = .finished
            }
        } catch let error as ResponseError {
            // The component learns of it when it writes more.
            context.outcome = .unfinished(HTTPErrorCode(error))
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
