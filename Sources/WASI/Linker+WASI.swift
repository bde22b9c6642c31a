import WebAssembly
package import WebAssemblyRuntime

/// What a store's `hostState` may be instead of the context itself, when an embedder keeps more than WASI in it.
package protocol WASIContextHolder: AnyObject {
    var wasiContext: WASIContext { get }
}

/// A WASI function was called by a guest whose store has no WASI context: a mistake of the embedder.
package struct MissingWASIContextError: Error, Sendable, CustomStringConvertible {
    package let function: String

    package var description: String {
        "the module called \(function), but its store's host state has no WASI context"
    }
}

extension Linker {
    /// Defines all functions of both editions of WASI, `wasi_snapshot_preview1` and `wasi_unstable`.
    ///
    /// A guest's own state is its store's `hostState`, a ``WASIContext`` or a ``WASIContextHolder``: one linker serves
    /// any number of guests.
    package mutating func defineWASI() {
        for edition in Edition.allCases {
            for function in WASIFunction.all(of: edition) {
                define(module: edition.moduleName, name: function.name, HostFunction(function, edition))
            }
        }
    }
}

extension HostFunction {
    fileprivate init(_ function: WASIFunction, _ edition: Edition) {
        let body = function.body
        let name = function.name
        let count = function.parameters.count
        self.init(function.parameters, to: function.results) { caller in
            let call = GuestCall(
                context: try WASIContext.of(caller, calling: name), memory: GuestMemory(of: caller.memory),
                edition: edition,
                arguments: InlineArray { $0 < count ? caller.argument($0) : 0 }, store: caller.store)
            guard let result = try body(call) else { return }
            // A guest whose time is up ends in the call that waited, not at its next one, if there is one.
            if result == .interrupted, call.isInterrupted { throw Trap(kind: .interrupted) }
            caller.setResult(UInt32(result.rawValue))
        }
    }
}

extension WASIContext {
    fileprivate static func of(_ caller: Caller, calling name: String) throws -> WASIContext {
        let state = caller.hostState
        if let context = state as? WASIContext { return context }
        if let holder = state as? any WASIContextHolder { return holder.wasiContext }
        throw MissingWASIContextError(function: name)
    }
}

extension GuestMemory {
    /// A caller's memory as it is now; it does not grow during the call. A caller without one has no bytes.
    init(of memory: Memory?) {
        let bytes = try? memory?.bytes(at: UInt64(0), count: UInt64(memory?.byteCount ?? 0))
        self.init(bytes ?? UnsafeMutableRawBufferPointer(start: nil, count: 0))
    }
}
