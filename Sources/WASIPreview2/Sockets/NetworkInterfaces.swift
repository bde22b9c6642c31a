package import ComponentModel

extension HostInterface {
    /// `wasi:sockets/network`.
    package static let socketsNetwork = HostInterface(
        wasi: "wasi:sockets/network", resources: ["network": .network]
    ) { list in
        list.add("network-error-code", [("err", .borrow(.ioError))], to: .option(.networkErrorCode)) { call in
            guard case .network(let code) = try call.resource(0, as: IOError.self).cause else { return Value.none }
            return Value.some(code.value)
        }
    }

    /// `wasi:sockets/instance-network`.
    package static let socketsInstanceNetwork = HostInterface(wasi: "wasi:sockets/instance-network") { list in
        list.add("instance-network", to: .own(.network)) { call in
            .resource(try call.context.resources.insert(Network()))
        }
    }

    /// `wasi:sockets/ip-name-lookup`.
    package static let socketsNameLookup = HostInterface(
        wasi: "wasi:sockets/ip-name-lookup", resources: ["resolve-address-stream": .resolveAddressStream]
    ) { list in
        list.add(
            "resolve-addresses", [("network", .borrow(.network)), ("name", .string)],
            to: .result(.own(.resolveAddressStream), .networkErrorCode)
        ) { call in
            _ = try call.resource(0, as: Network.self)
            return try call.networkResult {
                try call.requireDescriptor()
                let stream = try ResolveAddressStream(call.arguments[1].string, call)
                return .resource(try call.context.resources.insert(descriptor: stream))
            }
        }
        list.add(
            "[method]resolve-address-stream.resolve-next-address", [("self", .borrow(.resolveAddressStream))],
            to: .result(.option(.ipAddress), .networkErrorCode)
        ) { call in
            let stream = try call.resource(0, as: ResolveAddressStream.self)
            return try call.networkResult { .option(try stream.next(call)?.value) }
        }
        list.add(
            "[method]resolve-address-stream.subscribe", [("self", .borrow(.resolveAddressStream))],
            to: .own(.pollable)
        ) { call in
            try call.subscribe(to: call.number(0), call.resource(0, as: ResolveAddressStream.self))
        }
    }
}
