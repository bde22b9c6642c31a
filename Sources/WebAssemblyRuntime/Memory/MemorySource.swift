import Synchronization
import WebAssembly

/// Where the instances of a module get the memories from that it defines.
///
/// The first instance's data segments are copied into its memory. Making an image costs about as much as that, so it is
/// made when there is a second one, and serves it and all later ones. Those that are made meanwhile copy, too: no thread
/// waits for the image that another one makes. Where not even the second one is to wait, the image is put off until
/// somebody has time for it.
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
    private enum Progress {
        /// No instance has asked yet.
        case unused
        /// One has: the next one makes the image.
        case used
        /// The image is made by ``makePostponedImage()``.
        case postponed
        /// Somebody makes the image, or has made it.
        case made
    }

    private let progress = Mutex(Progress.unused)
    /// Set once. Every instance looks at it, on whatever thread, so that it must not need a lock.
    private let prepared = AtomicLazyReference<Prepared>()

    init(_ module: Module) {
        self.module = module
    }

    /// Whether instances find their data in place, as far as it can be.
    var hasImage: Bool { prepared.load() != nil }

    /// The pools for the next instance.
    func pools() -> Pools {
        if let prepared = prepared.load() { return prepared.pools }
        let isDue = progress.withLock { progress in
            switch progress {
            case .unused:
                progress = .used
                return false
            case .used:
                progress = .made
                return true
            case .postponed, .made: return false
            }
        }
        if isDue { return makeImage() }
        let count = module.memories.count - module.importedMemoryCount
        return Pools(pools: (0..<count).map { _ in MemoryPool(image: nil, capacity: 0) }, dataIsInPlace: false)
    }

    /// Has all instances copy until ``makePostponedImage()`` is called, unless there is an image already.
    func postponeImage() {
        progress.withLock { progress in
            switch progress {
            case .unused, .used: progress = .postponed
            case .postponed, .made: break
            }
        }
    }

    /// Makes the image that was put off, if nobody else does.
    func makePostponedImage() {
        let isDue = progress.withLock { progress in
            guard case .postponed = progress else { return false }
            progress = .made
            return true
        }
        if isDue { _ = makeImage() }
    }

    private func makeImage() -> Pools {
        let initial = InitialMemory(module)
        let pools = Pools(pools: initial.images.map { MemoryPool(image: $0) }, dataIsInPlace: initial.isComplete)
        return prepared.storeIfNil(Prepared(pools)).pools
    }
}
