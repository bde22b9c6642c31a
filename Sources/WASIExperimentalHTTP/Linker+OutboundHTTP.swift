import HTTP
import WebAssembly
package import WebAssemblyRuntime

extension Linker {
    /// The name that guests import the functions from.
    package static let outboundHTTPModuleName = "wasi_experimental_http"

    /// Defines the functions of `wasi_experimental_http`, by which guests send HTTP requests.
    ///
    /// Where to is decided by the ``OutboundHTTPContext`` in the store's `hostState`, which must be an
    /// ``OutboundHTTPContextHolder`` or the context itself: one linker serves any number of guests.
    package mutating func defineOutboundHTTP() {
        define("req", parameterCount: 10) { call throws(OutboundHTTPError) in try call.request() }
        define("close", parameterCount: 1) { call throws(OutboundHTTPError) in
            try call.context.forget(call.argument(0))
        }
        define("header_get", parameterCount: 6) { call throws(OutboundHTTPError) in try call.header() }
        define("headers_get_all", parameterCount: 4) { call throws(OutboundHTTPError) in try call.allHeaders() }
        define("body_read", parameterCount: 4) { call throws(OutboundHTTPError) in try call.readBody() }
    }

    private mutating func define(
        _ name: String, parameterCount: Int,
        _ body: @escaping @Sendable (OutboundCall) throws(OutboundHTTPError) -> Void
    ) {
        let parameters = [ValueType](repeating: .i32, count: parameterCount)
        define(
            module: Self.outboundHTTPModuleName, name: name,
            HostFunction(parameters, to: [.i32]) { caller in
                let call = OutboundCall(context: try .of(caller, calling: name), caller: caller)
                do throws(OutboundHTTPError) {
                    try body(call)
                    caller.setResult(UInt32(0))
                } catch {
                    // A guest whose time is up ends here, not at its next call.
                    guard !caller.store.isInterrupted else { throw Trap(kind: .interrupted) }
                    caller.setResult(error.rawValue)
                }
            })
    }
}

extension OutboundHTTPContext {
    fileprivate static func of(_ caller: Caller, calling name: String) throws -> OutboundHTTPContext {
        let state = caller.hostState
        if let context = state as? OutboundHTTPContext { return context }
        if let holder = state as? any OutboundHTTPContextHolder { return holder.outboundHTTPContext }
        throw MissingOutboundHTTPContextError(function: name)
    }
}

/// A guest's call of one of the functions.
private struct OutboundCall {
    let context: OutboundHTTPContext
    let caller: Caller

    func argument(_ index: Int) -> UInt32 { caller.i32(index) }

    func request() throws(OutboundHTTPError) {
        var request = try OutboundRequest(
            url: string(0), method: string(2), headers: string(4), body: bytes(6), policy: context.policy)
        // The guest's mistakes are found before anything is sent.
        _ = try buffer(argument(8), 2)
        _ = try buffer(argument(9), 4)
        guard !context.isFull else { throw .tooManySessions }
        var result: Result<OutboundHTTPContext.HeldResponse, OutboundHTTPError> = .failure(.requestError)
        context.whileWaiting {
            result = Result { () throws(OutboundHTTPError) in try request.send(context.policy, for: caller.store) }
        }
        let response = try result.get()
        try store(UInt16(response.status.code), at: argument(8))
        try store(context.hold(response), at: argument(9))
    }

    func header() throws(OutboundHTTPError) {
        let response = try context.response(argument(0))
        guard let value = response.headers[try string(1)] else { throw .headerNotFound }
        try write(Array(value.utf8), to: 3, countAt: 5)
    }

    func allHeaders() throws(OutboundHTTPError) {
        let response = try context.response(argument(0))
        let lines = response.headers.map { "\($0.name.lowercased()):\($0.value)\n" }.joined()
        try write(Array(lines.utf8), to: 1, countAt: 3)
    }

    func readBody() throws(OutboundHTTPError) {
        let written = try buffer(argument(3), 4)
        let count = try context.readBody(argument(0), into: try buffer(argument(1), argument(2)))
        written.storeBytes(of: UInt32(count).littleEndian, as: UInt32.self)
    }

    // MARK: The guest's memory

    /// Bytes of the memory that the guest exports as `memory`.
    private func buffer(_ address: UInt32, _ count: UInt32) throws(OutboundHTTPError) -> UnsafeMutableRawBufferPointer {
        guard let memory = caller.instance?.memory(named: "memory") else { throw .memoryNotFound }
        do throws(Trap) {
            return try memory.bytes(at: address, count: count)
        } catch {
            throw .memoryAccessError
        }
    }

    /// The bytes whose address and count are the arguments from `index` on.
    private func bytes(_ index: Int) throws(OutboundHTTPError) -> [UInt8] {
        Array(try buffer(argument(index), argument(index + 1)))
    }

    private func string(_ index: Int) throws(OutboundHTTPError) -> String {
        guard let text = String(validating: try buffer(argument(index), argument(index + 1)), as: UTF8.self) else {
            throw .utf8Error
        }
        return text
    }

    private func store<Number: FixedWidthInteger & BitwiseCopyable>(
        _ number: Number, at address: UInt32
    ) throws(OutboundHTTPError) {
        try buffer(address, UInt32(MemoryLayout<Number>.size)).storeBytes(of: number.littleEndian, as: Number.self)
    }

    /// Writes `bytes` to the buffer whose address and size are the arguments from `index` on, and their number to where
    /// another argument points.
    private func write(_ bytes: [UInt8], to index: Int, countAt countIndex: Int) throws(OutboundHTTPError) {
        let target = try buffer(argument(index), argument(index + 1))
        guard bytes.count <= target.count else { throw .bufferTooSmall }
        target.copyBytes(from: bytes)
        try store(UInt32(bytes.count), at: argument(countIndex))
    }
}
