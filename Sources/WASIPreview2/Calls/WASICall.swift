package import ComponentModel
package import class WebAssemblyRuntime.Store
package import struct WebAssemblyRuntime.Trap

/// A call of a function of WASI: which component calls, and with what.
package struct WASICall {
    package let context: WASIPreview2Context
    package let store: Store
    /// They conform to the function's type.
    package let arguments: [Value]

    package init(context: WASIPreview2Context, store: Store, arguments: [Value]) {
        self.context = context
        self.store = store
        self.arguments = arguments
    }

    /// Whether the component is to be ended.
    package var isInterrupted: Bool { store.isInterrupted }

    /// Ends a component whose time is up in the call that waited, not at its next one, if there is one.
    package func endIfInterrupted() throws(Trap) {
        if isInterrupted { throw Trap(kind: .interrupted) }
    }

    /// The argument at `position`, the handle of a resource, by the number that the table has for it.
    package func number(_ position: Int) -> UInt32 { arguments[position].resource }

    /// The resource whose handle is the argument at `position`.
    package func resource<Kind: AnyObject>(
        _ position: Int, as kind: Kind.Type = Kind.self
    ) throws(ResourceError) -> Kind {
        try context.resources.find(number(position), as: kind)
    }
}

extension HostCall {
    /// What the calling component has of WASI.
    package var wasiPreview2Context: WASIPreview2Context {
        get throws(MissingWASIPreview2ContextError) {
            let state = hostState
            if let context = state as? WASIPreview2Context { return context }
            if let holder = state as? any WASIPreview2ContextHolder { return holder.wasiPreview2Context }
            throw MissingWASIPreview2ContextError()
        }
    }
}
