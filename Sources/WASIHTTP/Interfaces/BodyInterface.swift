import ComponentModel
import HTTP
import WASIPreview2

extension FunctionList {
    /// Adds the functions of the resources `incoming-body` and `future-trailers`.
    mutating func addIncomingBody() {
        let itself = ("self", ValueType.borrow(.incomingBody))
        add("[method]incoming-body.stream", [itself], to: .result(.own(.inputStream))) { call in
            try call.once(call.resource(0, as: IncomingBody.self).makeStream(), childOf: call.number(0))
        }
        add("[static]incoming-body.finish", [("this", .own(.incomingBody))], to: .own(.futureTrailers)) { call in
            let body = try call.context.resources.remove(call.number(0), as: IncomingBody.self)
            return .resource(try call.context.resources.insert(FutureTrailers(body.source)))
        }
        let future = ("self", ValueType.borrow(.futureTrailers))
        add("[method]future-trailers.subscribe", [future], to: .own(.pollable)) { call in
            try call.subscribe(to: call.number(0), call.resource(0, as: FutureTrailers.self))
        }
        add(
            "[method]future-trailers.get", [future],
            to: .option(.result(.result(.option(.own(.fields)), .httpErrorCode)))
        ) { call in
            switch try call.resource(0, as: FutureTrailers.self).get(call) {
            case .notYet: return Value.none
            case .takenBefore: return Value.some(.error())
            case .trailers(.success(let headers)) where headers.isEmpty: return Value.some(.ok(.ok(Value.none)))
            case .trailers(.success(let headers)):
                let number = try call.context.resources.insert(
                    Fields(received: headers, in: call.context.hostMemory))
                return Value.some(.ok(.ok(Value.some(.resource(number)))))
            case .trailers(.failure(let code)): return Value.some(.ok(.error(code.value)))
            }
        }
    }

    /// Adds the functions of the resource `outgoing-body`.
    mutating func addOutgoingBody() {
        let itself = ("self", ValueType.borrow(.outgoingBody))
        add("[method]outgoing-body.write", [itself], to: .result(.own(.outputStream))) { call in
            try call.once(call.resource(0, as: OutgoingBody.self).makeStream(), childOf: call.number(0))
        }
        add(
            "[static]outgoing-body.finish",
            [("this", .own(.outgoingBody)), ("trailers", .option(.own(.fields)))],
            to: .result(nil, .httpErrorCode)
        ) { call in
            let body = try call.context.resources.remove(call.number(0), as: OutgoingBody.self)
            let trailers = try call.arguments[1].optional.map {
                try call.context.resources.remove($0.resource, as: Fields.self).headers
            }
            return try call.httpResult {
                try body.finish(trailers ?? Headers(), call)
                return nil
            }
        }
    }
}
