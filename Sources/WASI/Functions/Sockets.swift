extension WASIFunction {
    /// Guests have no sockets; programs that were built to use them load, and learn it when they try.
    static func sockets(of edition: Edition) -> [WASIFunction] {
        let functions = [
            WASIFunction("sock_recv", [.i32, .i32, .i32, .i32, .i32, .i32], body: refuse),
            WASIFunction("sock_send", [.i32, .i32, .i32, .i32, .i32], body: refuse),
            WASIFunction("sock_shutdown", [.i32, .i32], body: refuse),
        ]
        let accept = WASIFunction("sock_accept", [.i32, .i32, .i32], body: refuse)
        return switch edition {
        case .snapshot0: functions
        case .preview1: functions + [accept]
        }
    }

    /// Whatever is open is not a socket.
    private static func refuse(_ call: GuestCall) throws(ErrorNumber) {
        _ = try call.descriptor(0)
        throw .notSocket
    }
}
