import WebAssembly

/// A function that a module can import: its name, its type and what it does.
struct WASIFunction: Sendable {
    let name: String
    let parameters: [ValueType]
    let results: [ValueType]
    /// Returns the function's result, if it has one; an error ends the guest.
    let body: @Sendable (GuestCall) throws -> ErrorNumber?

    /// A function that returns an `errno` and cannot end the guest.
    init(
        _ name: String, _ parameters: [ValueType], body: @escaping @Sendable (GuestCall) throws(ErrorNumber) -> Void
    ) {
        self.name = name
        self.parameters = parameters
        results = [.i32]
        self.body = { call in
            do throws(ErrorNumber) {
                try body(call)
                return .success
            } catch {
                if error == .noSpace { call.context.wasRefusedRoom = true }
                return error
            }
        }
    }

    /// A function that returns an `errno`, and ends the guest when the host fails.
    init(
        _ name: String, _ parameters: [ValueType],
        transferring body: @escaping @Sendable (GuestCall) throws(TransferError) -> Void
    ) {
        self.name = name
        self.parameters = parameters
        results = [.i32]
        self.body = { call in
            do throws(TransferError) {
                try body(call)
                return .success
            } catch {
                switch error {
                case .guest(let number):
                    if number == .noSpace { call.context.wasRefusedRoom = true }
                    return number
                case .host(let error): throw error
                }
            }
        }
    }

    /// A function that does not return.
    init(_ name: String, _ parameters: [ValueType], ending body: @escaping @Sendable (GuestCall) -> any Error) {
        self.name = name
        self.parameters = parameters
        results = []
        self.body = { call in throw body(call) }
    }

    /// All functions of an edition.
    static func all(of edition: Edition) -> [WASIFunction] {
        let common = [
            arguments, clocks, random, process, scheduling, descriptors, transfers, files, directories, paths, polling,
        ]
        return common.flatMap { $0 } + sockets(of: edition)
    }
}
