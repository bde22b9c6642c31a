package import WebAssembly

/// A module with its imports resolved: made once, instantiated often.
///
/// If all its imports are host functions it may be used by all threads and with any store. Otherwise it belongs to the
/// store of what it imports.
///
/// Sendable because it does not change, and whatever imports something of a store is used by that store's thread only.
package final class LinkedModule: @unchecked Sendable {
    /// The code, which other linkings of the module may share.
    package let translated: TranslatedModule
    private let imports: [ExternalValue]
    private let instances: InstancePool

    package var module: Module { translated.module }

    init(_ translated: TranslatedModule, imports: [ExternalValue]) {
        self.translated = translated
        self.imports = imports
        // The host's functions stay in place from one instance to the next if no other linking takes the blocks.
        instances =
            imports.isEmpty || !imports.allSatisfy(\.isHost)
            ? translated.instances : InstancePool(translated.module, translated.layout, keeping: imports)
    }

    /// Makes an instance: allocates what the module defines, fills tables and memories from its segments, and calls its
    /// start function.
    ///
    /// - Throws: ``Trap``: a segment does not fit, the start function did not return, or a limit of the store is
    ///   exceeded.
    /// - Precondition: What the module imports belongs to the store.
    package func instantiate(in store: Store) throws(Trap) -> Instance {
        try Instance(translated, imports: imports, from: instances, in: store)
    }
}
