package import WebAssembly

/// A module with the home of its translated code: made once, however often and with whatever imports it is instantiated.
///
/// All linkings of a module share it: functions are translated when any instance first calls them, and the parts of
/// ended instances and the image of its data segments serve all later ones. All threads and stores may use it.
package final class TranslatedModule: Sendable {
    package let module: Module
    let code: ModuleCode
    let layout: InstanceLayout
    let memories: MemorySource
    let instances: InstancePool

    /// - Parameter traced: The calls that stores' observers are told of: see ``Store/callObserver``. They are found by
    ///   instructions of their own; without, code is as it always is. Calls of host functions are not among them.
    /// - Throws: ``LinkError``, which lists the functions that are too large to be run.
    package init(_ module: Module, traced: TracedCalls? = nil) throws(LinkError) {
        self.module = module
        layout = InstanceLayout(module)
        code = ModuleCode(module: module, layout: layout, traced: traced)
        memories = MemorySource(module)
        instances = InstancePool(module, layout)
        let oversized = code.oversizedFunctions()
        guard oversized.isEmpty else { throw LinkError(oversizedFunctions: oversized) }
    }

    /// Has instances copy the data segments into their memories, until ``makePostponedMemoryImage()`` is called. Otherwise
    /// the second instance makes an image of them, which takes about as long as to copy them.
    package func postponeMemoryImage() { memories.postponeImage() }

    /// Makes the image of the data segments, if that was put off and nobody has begun with it: work for a thread on which
    /// nobody waits. Instances that are made meanwhile copy.
    package func makePostponedMemoryImage() { memories.makePostponedImage() }

    /// Makes an instance: allocates what the module defines, fills tables and memories from its segments, and calls its
    /// start function. Nothing is looked up by name.
    ///
    /// - Parameter imports: One for each of the module's imports, in their order.
    /// - Throws: ``Trap``: a segment does not fit, the start function did not return, or a limit of the store is
    ///   exceeded.
    /// - Precondition: The imports have the types that the module wants, which is not checked again, and belong to the
    ///   store.
    package func instantiate(in store: Store, imports: [ExternalValue]) throws(Trap) -> Instance {
        try Instance(self, imports: imports, from: instances, in: store)
    }
}
