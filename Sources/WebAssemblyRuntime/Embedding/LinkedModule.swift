package import WebAssembly

/// A module with its imports resolved, and the home of its translated code: made once, instantiated often.
///
/// If all its imports are host functions it may be used by all threads and with any store, and its code and the parts of
/// ended instances are shared. Otherwise it belongs to the store of what it imports.
///
/// Sendable because it does not change, and whatever imports something of a store is used by that store's thread only.
package final class LinkedModule: @unchecked Sendable {
    package let module: Module
    let imports: [Linker.Definition]
    let code: ModuleCode
    let layout: InstanceLayout
    let memories: MemorySource
    let instances: InstancePool

    init(module: Module, imports: [Linker.Definition], traced: TracedCalls?) {
        self.module = module
        self.imports = imports
        layout = InstanceLayout(module)
        code = ModuleCode(module: module, layout: layout, traced: traced)
        memories = MemorySource(module)
        instances = InstancePool(module, layout, imports: imports)
    }

    /// Makes an instance: allocates what the module defines, fills tables and memories from its segments, and calls its
    /// start function.
    ///
    /// - Throws: ``Trap``: a segment does not fit, the start function did not return, or a limit of the store is
    ///   exceeded.
    /// - Precondition: What the module imports belongs to the store.
    package func instantiate(in store: Store) throws(Trap) -> Instance {
        try Instance(self, in: store)
    }
}
