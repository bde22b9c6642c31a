import Synchronization

/// Address ranges of ended instances, kept for the next ones of the same module with the image of the data segments in
/// place.
final class MemoryPool: Sendable {
    struct Entry {
        let base: UnsafeMutableRawPointer
        let reservedByteCount: Int
        /// The bytes of pages that stay in place while the pool has it.
        fileprivate(set) var keptByteCount = 0
    }

    /// Sendable because nothing but the pool has the addresses, and it touches them under its lock.
    private struct Entries: @unchecked Sendable {
        var free: [Entry] = []
        /// Of the pages of all these.
        var keptByteCount = 0
    }

    private let image: MemoryImage?
    private let entries = Mutex(Entries())
    private let capacity: Int

    /// Beyond this, the pages of ranges that wait are given up: a burst of requests must not hold its memory for ever.
    private static let maximumKeptByteCount = 16 << 20

    init(image: MemoryImage?, capacity: Int = 64) {
        self.image = image
        self.capacity = capacity
    }

    deinit {
        entries.withLock { entries in
            for entry in entries.free { AddressSpace.release(entry.base, entry.reservedByteCount) }
        }
    }

    /// A range of at least `reservedByteCount` bytes that holds the image and zeros otherwise.
    func take(reservedByteCount: Int) -> Entry? {
        let pooled = entries.withLock { entries -> Entry? in
            guard let index = entries.free.lastIndex(where: { $0.reservedByteCount >= reservedByteCount }) else {
                return nil
            }
            let entry = entries.free.remove(at: index)
            entries.keptByteCount -= entry.keptByteCount
            return entry
        }
        if let pooled { return pooled }
        guard let base = AddressSpace.reserve(reservedByteCount) else { return nil }
        if let image, !image.map(at: base) {
            AddressSpace.release(base, reservedByteCount)
            return nil
        }
        return Entry(base: base, reservedByteCount: reservedByteCount)
    }

    /// Takes a range back. Its first `usedByteCount` bytes may have been written.
    func give(_ entry: Entry, usedByteCount: Int) {
        guard capacity > 0 else { return AddressSpace.release(entry.base, entry.reservedByteCount) }
        var entry = entry
        entry.keptByteCount = 0
        if entries.withLock({ $0.keptByteCount < MemoryPool.maximumKeptByteCount }) {
            entry.keptByteCount = WrittenPages.reset(entry.base, usedByteCount, image)
        } else {
            AddressSpace.reset(entry.base, usedByteCount)
        }
        let kept = entries.withLock { [entry] entries -> Bool in
            guard entries.free.count < capacity else { return false }
            entries.free.append(entry)
            entries.keptByteCount += entry.keptByteCount
            return true
        }
        if !kept { AddressSpace.release(entry.base, entry.reservedByteCount) }
    }
}

/// Register stacks of ended stores, kept for the next ones. Their contents mean nothing.
enum StackPool {
    /// Sendable because it is kept in a `Mutex`, and a stack belongs to whoever takes it out.
    private struct Stacks: @unchecked Sendable {
        var free: [(base: UnsafeMutableRawPointer, byteCount: Int)] = []
    }

    private static let stacks = Mutex(Stacks())
    private static let capacity = 32

    static func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let pooled = stacks.withLock { stacks -> UnsafeMutableRawPointer? in
            guard let index = stacks.free.lastIndex(where: { $0.byteCount == byteCount }) else { return nil }
            return stacks.free.remove(at: index).base
        }
        return pooled ?? AddressSpace.reserve(byteCount)
    }

    static func give(_ base: UnsafeMutableRawPointer, _ byteCount: Int) {
        let kept = stacks.withLock { stacks -> Bool in
            guard stacks.free.count < capacity else { return false }
            stacks.free.append((base, byteCount))
            return true
        }
        if !kept { AddressSpace.release(base, byteCount) }
    }
}
