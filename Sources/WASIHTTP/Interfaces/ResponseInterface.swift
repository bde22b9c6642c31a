import ComponentModel
import HTTP
import WASIPreview2

extension FunctionList {
    /// Adds the functions of the resource `response-outparam`.
    mutating func addResponseOutparam() {
        add(
            "[method]response-outparam.send-informational",
            [("self", .borrow(.responseOutparam)), ("status", .u16), ("headers", .own(.fields))],
            to: .result(nil, .httpErrorCode)
        ) { call in
            let outparam = try call.resource(0, as: ResponseOutparam.self)
            let fields = try call.context.resources.remove(call.number(2), as: Fields.self)
            return try call.httpResult {
                try outparam.sendInterim(call.arguments[1].u16, fields)
                return nil
            }
        }
        add(
            "[static]response-outparam.set",
            [
                ("param", .own(.responseOutparam)),
                ("response", .result(.own(.outgoingResponse), .httpErrorCode)),
            ]
        ) { call in
            let outparam = try call.context.resources.remove(call.number(0), as: ResponseOutparam.self)
            let result = call.arguments[1]
            if result.caseNumber == 0, let number = result.payload?.resource {
                let response = try call.context.resources.remove(number, as: OutgoingResponse.self)
                try outparam.set(response, call)
            } else if let code = result.payload {
                outparam.set(HTTPErrorCode(code))
            }
        }
    }

    /// Adds the functions of the resource `outgoing-response`.
    mutating func addOutgoingResponse() {
        let itself = ("self", ValueType.borrow(.outgoingResponse))
        add("[constructor]outgoing-response", [("headers", .own(.fields))], to: .own(.outgoingResponse)) { call in
            let fields = try call.context.resources.remove(call.number(0), as: Fields.self)
            return .resource(try call.context.resources.insert(OutgoingResponse(fields, in: call.context.hostMemory)))
        }
        add("[method]outgoing-response.status-code", [itself], to: .u16) { call in
            .u16(UInt16(try call.resource(0, as: OutgoingResponse.self).status.code))
        }
        add(
            "[method]outgoing-response.set-status-code", [itself, ("status-code", .u16)], to: .result()
        ) { call in
            guard let status = Status(checking: Int(call.arguments[1].u16)) else { return .error() }
            try call.resource(0, as: OutgoingResponse.self).status = status
            return .ok()
        }
        add("[method]outgoing-response.headers", [itself], to: .own(.fields)) { call in
            try call.insertCopy(of: call.resource(0, as: OutgoingResponse.self).fields)
        }
        add("[method]outgoing-response.body", [itself], to: .result(.own(.outgoingBody))) { call in
            try call.once(call.resource(0, as: OutgoingResponse.self).makeBody())
        }
    }

    /// Adds the functions of the resource `incoming-response`.
    mutating func addIncomingResponse() {
        let itself = ("self", ValueType.borrow(.incomingResponse))
        add("[method]incoming-response.status", [itself], to: .u16) { call in
            .u16(UInt16(try call.resource(0, as: IncomingResponse.self).status.code))
        }
        add("[method]incoming-response.headers", [itself], to: .own(.fields)) { call in
            try call.insertCopy(of: call.resource(0, as: IncomingResponse.self).fields)
        }
        add("[method]incoming-response.consume", [itself], to: .result(.own(.incomingBody))) { call in
            try call.once(call.resource(0, as: IncomingResponse.self).consume())
        }
    }

    /// Adds the functions of the resource `future-incoming-response`.
    mutating func addFutureIncomingResponse() {
        let itself = ("self", ValueType.borrow(.futureIncomingResponse))
        add("[method]future-incoming-response.subscribe", [itself], to: .own(.pollable)) { call in
            try call.subscribe(to: call.number(0), call.resource(0, as: FutureIncomingResponse.self))
        }
        add(
            "[method]future-incoming-response.get", [itself],
            to: .option(.result(.result(.own(.incomingResponse), .httpErrorCode)))
        ) { call in
            switch try call.resource(0, as: FutureIncomingResponse.self).get(in: call.context.hostMemory) {
            case .notYet: return Value.none
            case .takenBefore: return Value.some(.error())
            case .response(.success(let response)):
                return Value.some(.ok(.ok(.resource(try call.context.resources.insert(response)))))
            case .response(.failure(let code)): return Value.some(.ok(.error(code.value)))
            }
        }
    }
}
