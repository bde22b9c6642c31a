package import ComponentModel

extension HostInterface {
    /// `wasi:io/poll`.
    package static let ioPoll = HostInterface(wasi: "wasi:io/poll", resources: ["pollable": .pollable]) { list in
        list.add("[method]pollable.ready", [("self", .borrow(.pollable))], to: .bool) { call in
            let pollable = try call.resource(0, as: Pollable.self)
            return .bool(WASICall.isReady(pollable.readiness))
        }
        list.add("[method]pollable.block", [("self", .borrow(.pollable))]) { call in
            try call.wait(for: call.resource(0, as: Pollable.self).readiness)
        }
        list.add("poll", [("in", .list(.borrow(.pollable)))], to: .list(.u32)) { call in
            let numbers = call.arguments[0].list
            guard (1...pollLimit).contains(numbers.count) else {
                throw ResourceError("poll takes from 1 to \(pollLimit) pollables, and was called with \(numbers.count)")
            }
            let subjects = try numbers.map {
                try call.context.resources.find($0.resource, as: Pollable.self).readiness
            }
            return .list(try call.wait(for: subjects).map { .u32(UInt32($0)) })
        }
    }

    /// How many pollables the host waits for at a time, as in preview 1.
    private static var pollLimit: Int { 16_384 }
}
