extension WASIFunction {
    /// Guests have no sockets; programs that were built to use them load, and learn it when they try.
    static func sockets(of edition: Edition) -> [WASIFunction] {
        let functions = [
            WASIFunction("sock_recv", [.i32, .i32, .i32, .i32, .i32, .i32]) { _ throws(ErrorNumber) in
                throw .notSupported
            },
            WASIFunction("sock_send", [.i32, .i32, .i32, .i32, .i32]) { _ throws(ErrorNumber) in throw .notSupported },
            WASIFunction("sock_shutdown", [.i32, .i32]) { _ throws(ErrorNumber) in throw .notSupported },
        ]
        let accept = WASIFunction("sock_accept", [.i32, .i32, .i32]) { _ throws(ErrorNumber) in throw .notSupported }
        return switch edition {
        case .snapshot0: functions
        case .preview1: functions + [accept]
        }
    }
}
