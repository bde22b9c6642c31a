package import ComponentModel
import WASIPreview2

extension HostInterface {
    /// All interfaces of `wasi:http` that components import.
    package static let wasiHTTP: [HostInterface] = [.httpTypes, .httpOutgoingHandler]

    /// `wasi:http/types`.
    package static let httpTypes = HostInterface(
        wasi: "wasi:http/types",
        resources: [
            "fields": .fields, "incoming-request": .incomingRequest, "outgoing-request": .outgoingRequest,
            "request-options": .requestOptions, "response-outparam": .responseOutparam,
            "incoming-response": .incomingResponse, "incoming-body": .incomingBody, "future-trailers": .futureTrailers,
            "outgoing-response": .outgoingResponse, "outgoing-body": .outgoingBody,
            "future-incoming-response": .futureIncomingResponse,
        ]
    ) { list in
        list.addFields()
        list.addIncomingRequest()
        list.addOutgoingRequest()
        list.addRequestOptions()
        list.addResponseOutparam()
        list.addOutgoingResponse()
        list.addIncomingResponse()
        list.addFutureIncomingResponse()
        list.addIncomingBody()
        list.addOutgoingBody()
        list.add("http-error-code", [("err", .borrow(.ioError))], to: .option(.httpErrorCode)) { call in
            guard case .other(let error) = try call.resource(0, as: IOError.self).cause else { return Value.none }
            return .option((error as? HTTPErrorCode)?.value)
        }
    }

    /// `wasi:http/outgoing-handler`.
    package static let httpOutgoingHandler = HostInterface(wasi: "wasi:http/outgoing-handler") { list in
        list.add(
            "handle", [("request", .own(.outgoingRequest)), ("options", .option(.own(.requestOptions)))],
            to: .result(.own(.futureIncomingResponse), .httpErrorCode)
        ) { call in
            let request = try call.context.resources.remove(call.number(0), as: OutgoingRequest.self)
            let options = try call.arguments[1].optional.map {
                try call.context.resources.remove($0.resource, as: RequestOptions.self)
            }
            let context = try HTTPContext.of(call)
            return try call.httpResult {
                .resource(try call.context.resources.insert(request.send(options, context, call.context.threads)))
            }
        }
    }

    /// `wasi:http/incoming-handler`, as a component exports it: `handle` takes an `incoming-request` and a
    /// `response-outparam`, both its own.
    package static let httpIncomingHandlerName = "wasi:http/incoming-handler"
}
