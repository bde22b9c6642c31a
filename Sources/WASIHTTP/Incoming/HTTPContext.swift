package import WASIExperimentalHTTP
package import WASIPreview2

/// What one running component has of HTTP: the request that it answers, if there is one, and where it may send its own.
package final class HTTPContext {
    /// What has become of the response to a request.
    package enum Outcome: Equatable, Sendable {
        /// The component has not said what the response is.
        case notSet
        /// It has said that it cannot answer, and why.
        case error(HTTPErrorCode)
        /// The head was given, and the body has not been finished: what the client gets is not whole.
        case unfinished(HTTPErrorCode?)
        /// The response is whole.
        case finished
    }

    let policy: OutboundHTTPPolicy?
    /// How many requests of the component are under way, their responses included.
    let requests = RequestCount()
    /// How many bodies of such requests there are.
    let requestBodies = PipeCount()
    private var response = ResponseState()

    /// What has become of the response to the request that is being answered, or was answered last.
    package var outcome: Outcome { response.outcome }

    /// Makes the context of one component, and adds it to what the component has of WASI.
    ///
    /// - Parameter policy: where it may send requests; `nil` for nowhere.
    package init(_ context: WASIPreview2Context, policy: OutboundHTTPPolicy?) {
        self.policy = policy
        context.companion = self
    }

    /// Takes a request for the component to answer: the handles that `handle` of `wasi:http/incoming-handler` takes.
    /// When it has returned, or has ended in another way, ``end()`` says what to do.
    package func begin(
        _ exchange: any IncomingHTTPExchange, in context: WASIPreview2Context
    ) throws -> (request: UInt32, outparam: UInt32) {
        end()
        response = ResponseState()
        let request = try context.resources.insert(
            IncomingRequest(exchange, in: context.hostMemory))
        let outparam = try context.resources.insert(ResponseOutparam(exchange, response))
        return (request, outparam)
    }

    /// Ends the request: what the component still has of its response is of no use any more. Returns what has become of it.
    @discardableResult
    package func end() -> Outcome {
        response.isOver = true
        return response.outcome
    }

    static func of(_ call: WASICall) throws(MissingHTTPContextError) -> HTTPContext {
        guard let context = call.context.companion as? HTTPContext else { throw MissingHTTPContextError() }
        return context
    }
}

/// Counts requests that are under way.
final class RequestCount {
    var value = 0
}

/// A function of `wasi:http` was called by a component whose context has nothing for it: a mistake of the embedder.
package struct MissingHTTPContextError: Error, Sendable, CustomStringConvertible {
    package var description: String {
        "the component called a function of wasi:http, but its context has nothing for that"
    }
}

extension SocketPolicy {
    /// Sockets may lead where requests may go, but only to the ports of the allowed URLs.
    package init(_ policy: OutboundHTTPPolicy) {
        self.init(
            destinations: Set(policy.allowedURLs.map { Destination(host: $0.host, port: $0.port) }),
            allowsAll: policy.allowsAll,
            forbiddenLocalPorts: policy.client.configuration.forbiddenLocalPorts,
            problemObserver: policy.problemObserver)
    }
}
