package import WebAssemblyRuntime

/// A call of the host by a component: who calls. Valid until the function returns.
package struct HostCall {
    /// The store of the calling component.
    package let store: Store

    package init(store: Store) {
        self.store = store
    }

    /// The embedder's object in the store.
    package var hostState: AnyObject? { store.hostState }
}
