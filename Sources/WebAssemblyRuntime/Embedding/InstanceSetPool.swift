import Synchronization

/// The blocks of ended sets of instances that were made by one image, kept for the next set: they refer to each other, so
/// that they stay together.
final class InstanceSetPool: Sendable {
    /// Sendable because nothing but the pool has the addresses, and it touches them under its lock.
    private struct Sets: @unchecked Sendable {
        var free: [[UnsafeMutableRawPointer]] = []
    }

    private let modules: [TranslatedModule]
    private let capacity: Int
    private let sets = Mutex(Sets())

    /// No more bytes than these are kept, though at least some sets.
    private static let maximumByteCount = 16 << 20

    init(_ modules: [TranslatedModule]) {
        self.modules = modules
        let byteCount = modules.reduce(1) { $0 + $1.layout.byteCount }
        capacity = min(64, max(4, InstanceSetPool.maximumByteCount / byteCount))
    }

    deinit {
        sets.withLock { sets in
            for set in sets.free { destroy(set) }
        }
    }

    func take() -> [UnsafeMutableRawPointer]? {
        sets.withLock { $0.free.popLast() }
    }

    func give(_ set: [UnsafeMutableRawPointer], areReusable: Bool) {
        // What crosses into the lock has to be sendable, as the pool's own sets are.
        let given = Sets(free: [set])
        let isKept =
            areReusable
            && sets.withLock { sets in
                guard sets.free.count < capacity else { return false }
                sets.free += given.free
                return true
            }
        if !isKept { destroy(set) }
    }

    private func destroy(_ set: [UnsafeMutableRawPointer]) {
        for (block, translated) in zip(set, modules) { translated.layout.destroy(block, of: translated.module) }
    }
}
