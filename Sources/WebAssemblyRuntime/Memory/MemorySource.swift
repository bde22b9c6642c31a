import Synchronization
import WebAssembly

/// Where the instances of a module get the memories from that it defines.
///
/// The first instance's data segments are copied into its memory. Making an image costs about as much as that, so it is
/// made when there is a second one, and serves it and all later ones. Those that are made meanwhile copy, too: no thread
/// waits for the image that another one makes.
final class MemorySource: Sendable {
    /// The pools of the memories that a module defines, in order.
    struct Pools: Sendable {
        let pools: [MemoryPool]
        /// Whether memory from the pools has the active data segments in place.
        let dataIsInPlace: Bool
    }

    private final class Prepared: Sendable {
        let pools: Pools

        init(_ pools: Pools) {
            self.pools = pools
        }
    }

    private let module: Module
    /// How many instances have asked before there was an image.
    private let uses = Atomic(0)
    /// Set once. Every instance looks at it, on whatever thread, so that it must not need a lock.
    private let prepared = AtomicLazyReference<Prepared>()

    init(_ module: Module) {
        self.module = module
    }

    /// The pools for the next instance.
    func pools() -> Pools {
        if let prepared = prepared.load() { return prepared.pools }
        guard uses.add(1, ordering: .relaxed).newValue == 2 else {
            let count = module.memories.count - module.importedMemoryCount
            return Pools(pools: (0..<count).map { _ in MemoryPool(image: nil, capacity: 0) }, dataIsInPlace: false)
        }
        let initial = InitialMemory(module)
        let pools = Pools(pools: initial.images.map { MemoryPool(image: $0) }, dataIsInPlace: initial.isComplete)
        return prepared.storeIfNil(Prepared(pools)).pools
    }
}
