import ComponentModel
import HTTP
import WASIPreview2

extension FunctionList {
    /// Adds the functions of the resource `incoming-request`.
    mutating func addIncomingRequest() {
        let itself = ("self", ValueType.borrow(.incomingRequest))
        add("[method]incoming-request.method", [itself], to: .method) { call in
            try call.incomingRequest(0).exchange.method.value
        }
        add("[method]incoming-request.path-with-query", [itself], to: .option(.string)) { call in
            Value.some(.string(try call.incomingRequest(0).exchange.pathWithQuery))
        }
        add("[method]incoming-request.scheme", [itself], to: .option(.scheme)) { call in
            Value.some(Scheme(try call.incomingRequest(0).exchange.scheme).value)
        }
        add("[method]incoming-request.authority", [itself], to: .option(.string)) { call in
            Value.some(.string(try call.incomingRequest(0).exchange.authority))
        }
        add("[method]incoming-request.headers", [itself], to: .own(.fields)) { call in
            try call.insertCopy(of: call.incomingRequest(0).fields)
        }
        add("[method]incoming-request.consume", [itself], to: .result(.own(.incomingBody))) { call in
            try call.once(call.incomingRequest(0).consume())
        }
    }

    /// Adds the functions of the resource `outgoing-request`.
    mutating func addOutgoingRequest() {
        let itself = ("self", ValueType.borrow(.outgoingRequest))
        add("[constructor]outgoing-request", [("headers", .own(.fields))], to: .own(.outgoingRequest)) { call in
            let fields = try call.context.resources.remove(call.number(0), as: Fields.self)
            return .resource(try call.context.resources.insert(OutgoingRequest(fields, in: call.context.hostMemory)))
        }
        add("[method]outgoing-request.body", [itself], to: .result(.own(.outgoingBody))) { call in
            try call.once(call.outgoingRequest(0).makeBody(countedBy: HTTPContext.of(call).requestBodies))
        }
        add("[method]outgoing-request.headers", [itself], to: .own(.fields)) { call in
            try call.insertCopy(of: call.outgoingRequest(0).fields)
        }
        add("[method]outgoing-request.method", [itself], to: .method) { call in
            try call.outgoingRequest(0).line.method.value
        }
        add("[method]outgoing-request.set-method", [itself, ("method", .method)], to: .result()) { call in
            let method = Method(call.arguments[1])
            guard method.isValid else { return .error() }
            return try call.change { $0.method = method }
        }
        addOutgoingURL(itself)
    }

    private mutating func addOutgoingURL(_ itself: (String, ValueType)) {
        add("[method]outgoing-request.path-with-query", [itself], to: .option(.string)) { call in
            .option(try call.outgoingRequest(0).line.pathWithQuery.map { .string($0) })
        }
        add(
            "[method]outgoing-request.set-path-with-query", [itself, ("path-with-query", .option(.string))],
            to: .result()
        ) { call in
            let path = call.arguments[1].optional?.string
            if let path {
                // Before a query, the path may be left out.
                let isValid = path.isEmpty || HTTPURL.isTarget(path.hasPrefix("?") ? "/" + path : path)
                guard isValid else { return .error() }
            }
            return try call.change { $0.pathWithQuery = path }
        }
        add("[method]outgoing-request.scheme", [itself], to: .option(.scheme)) { call in
            .option(try call.outgoingRequest(0).line.scheme?.value)
        }
        add(
            "[method]outgoing-request.set-scheme", [itself, ("scheme", .option(.scheme))], to: .result()
        ) { call in
            let scheme = call.arguments[1].optional.map { Scheme($0) }
            guard scheme?.isValid != false else { return .error() }
            return try call.change { $0.scheme = scheme }
        }
        add("[method]outgoing-request.authority", [itself], to: .option(.string)) { call in
            .option(try call.outgoingRequest(0).line.authority.map { .string($0) })
        }
        add(
            "[method]outgoing-request.set-authority", [itself, ("authority", .option(.string))], to: .result()
        ) { call in
            let authority = call.arguments[1].optional?.string
            // A colon says that a port follows.
            if let authority, !HTTPURL.isAuthority(authority) || authority.hasSuffix(":") { return .error() }
            return try call.change { $0.authority = authority }
        }
    }

    /// Adds the functions of the resource `request-options`.
    mutating func addRequestOptions() {
        let itself = ("self", ValueType.borrow(.requestOptions))
        add("[constructor]request-options", to: .own(.requestOptions)) { call in
            .resource(try call.context.resources.insert(RequestOptions()))
        }
        let timeouts: [(String, ReferenceWritableKeyPath<RequestOptions, UInt64?> & Sendable)] = [
            ("connect-timeout", \.connectTimeout), ("first-byte-timeout", \.firstByteTimeout),
            ("between-bytes-timeout", \.betweenBytesTimeout),
        ]
        for (name, path) in timeouts {
            add("[method]request-options.\(name)", [itself], to: .option(.u64)) { call in
                .option(try call.resource(0, as: RequestOptions.self)[keyPath: path].map { .u64($0) })
            }
            add(
                "[method]request-options.set-\(name)", [itself, ("duration", .option(.u64))], to: .result()
            ) { call in
                try call.resource(0, as: RequestOptions.self)[keyPath: path] = call.arguments[1].optional?.u64
                return .ok()
            }
        }
    }
}

extension WASICall {
    fileprivate func incomingRequest(_ position: Int) throws(ResourceError) -> IncomingRequest {
        try resource(position)
    }

    fileprivate func outgoingRequest(_ position: Int) throws(ResourceError) -> OutgoingRequest {
        try resource(position)
    }

    /// The `result` of a change of the outgoing request that is called.
    fileprivate func change(_ body: (inout OutgoingRequest.RequestLine) -> Void) throws(ResourceError) -> Value {
        try outgoingRequest(0).change(body) ? .ok() : .error()
    }
}
