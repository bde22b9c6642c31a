import ComponentModel
import Platform

/// An option of a socket that components can read and set.
struct SocketOption: Sendable {
    let name: String
    let type: ValueType
    let get: @Sendable (HostSocket) throws(NetworkErrorCode) -> Value
    let set: @Sendable (HostSocket, Value) throws(NetworkErrorCode) -> Void

    /// Those of the system's buffers. Linux keeps twice what is asked for, and says so.
    static let buffers = [("receive-buffer-size", SO_RCVBUF), ("send-buffer-size", SO_SNDBUF)].map { name, option in
        SocketOption(
            name: name, type: .u64,
            get: { socket throws(NetworkErrorCode) in .u64(UInt64(try socket.option(SOL_SOCKET, option) / 2)) },
            set: { socket, value throws(NetworkErrorCode) in
                try socket.set(SOL_SOCKET, option, positive(value.u64, upTo: 1 << 30))
            })
    }

    static func hopLimit(_ name: String) -> SocketOption {
        SocketOption(
            name: name, type: .u8,
            get: { socket throws(NetworkErrorCode) in .u8(UInt8(clamping: try socket.hopLimit)) },
            set: { socket, value throws(NetworkErrorCode) in
                try socket.setHopLimit(positive(UInt64(value.u8), upTo: 255))
            })
    }

    /// Those that have a connection looked after while nothing is sent.
    static let keepAlive: [SocketOption] = [
        SocketOption(
            name: "keep-alive-enabled", type: .bool,
            get: { socket throws(NetworkErrorCode) in .bool(try socket.option(SOL_SOCKET, SO_KEEPALIVE) != 0) },
            set: { socket, value throws(NetworkErrorCode) in
                try socket.set(SOL_SOCKET, SO_KEEPALIVE, value.bool ? 1 : 0)
            }),
        seconds("keep-alive-idle-time", TCP_KEEPIDLE),
        seconds("keep-alive-interval", TCP_KEEPINTVL),
        SocketOption(
            name: "keep-alive-count", type: .u32,
            get: { socket throws(NetworkErrorCode) in
                .u32(UInt32(clamping: try socket.option(Int32(IPPROTO_TCP), TCP_KEEPCNT)))
            },
            set: { socket, value throws(NetworkErrorCode) in
                try socket.set(Int32(IPPROTO_TCP), TCP_KEEPCNT, positive(UInt64(value.u32), upTo: 127))
            }),
    ]

    /// A duration, which components give in nanoseconds and Linux takes in seconds, up to 32,767 of them.
    private static func seconds(_ name: String, _ option: Int32) -> SocketOption {
        SocketOption(
            name: name, type: .u64,
            get: { socket throws(NetworkErrorCode) in
                .u64(UInt64(try socket.option(Int32(IPPROTO_TCP), option)) * 1_000_000_000)
            },
            set: { socket, value throws(NetworkErrorCode) in
                let nanoseconds = value.u64
                guard nanoseconds > 0 else { throw .invalidArgument }
                let seconds = (nanoseconds - 1) / 1_000_000_000 + 1
                try socket.set(Int32(IPPROTO_TCP), option, Int(min(seconds, 32_767)))
            })
    }

    private static func positive(_ value: UInt64, upTo limit: UInt64) throws(NetworkErrorCode) -> Int {
        guard value > 0 else { throw .invalidArgument }
        return Int(min(value, limit))
    }
}

extension FunctionList {
    /// Adds the functions that read and set options.
    mutating func add(
        _ options: [SocketOption], of name: String, _ type: ResourceType,
        _ socket: @escaping @Sendable (WASICall) throws -> HostSocket
    ) {
        for option in options {
            add(
                "[method]\(name).\(option.name)", [("self", .borrow(type))],
                to: .result(option.type, .networkErrorCode)
            ) { call in
                let socket = try socket(call)
                return try call.networkResult { try option.get(socket) }
            }
            add(
                "[method]\(name).set-\(option.name)", [("self", .borrow(type)), ("value", option.type)],
                to: .result(nil, .networkErrorCode)
            ) { call in
                let socket = try socket(call)
                return try call.networkResult {
                    try option.set(socket, call.arguments[1])
                    return nil
                }
            }
        }
    }
}
