import Synchronization
import WebAssembly

/// Where the instances of a module get the memories from that it defines.
///
/// The first instance's data segments are copied into its memory. Making an image costs about as much as that, so it is
/// made when there is a second one, and serves it and all later ones.
final class MemorySource: Sendable {
    /// The pools of the memories that a module defines, in order.
    struct Pools: Sendable {
        let pools: [MemoryPool]
        /// Whether memory from the pools has the active data segments in place.
        let dataIsInPlace: Bool
    }

    private struct State {
        var isUsed = false
        var prepared: Pools?
    }

    private let module: Module
    private let state = Mutex(State())

    init(_ module: Module) {
        self.module = module
    }

    /// The pools for the next instance.
    func pools() -> Pools {
        state.withLock { state in
            if let prepared = state.prepared { return prepared }
            if !state.isUsed {
                state.isUsed = true
                let count = module.memories.count - module.importedMemoryCount
                return Pools(pools: (0..<count).map { _ in MemoryPool(image: nil, capacity: 0) }, dataIsInPlace: false)
            }
            let initial = InitialMemory(module)
            let prepared = Pools(
                pools: initial.images.map { MemoryPool(image: $0) }, dataIsInPlace: initial.isComplete)
            state.prepared = prepared
            return prepared
        }
    }
}
