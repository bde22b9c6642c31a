/// The head of an object; its fields or elements follow.
struct HeapObject {
    /// Nil while the place is free.
    var layout: UnsafePointer<ObjectLayout>?
    /// The number of elements of an array.
    var count: UInt32
    var isMarked: Bool

    static let headerByteCount = 16
}

/// A garbage-collected heap: objects never move, are marked from roots, and swept by going over all blocks.
///
/// Marking is conservative: a word that could be the address of an object is taken for one. Addresses are checked
/// against the blocks before anything there is read, so that no other word does harm.
final class Heap {
    private static let blockByteCount = 64 << 10

    private enum Block {
        case free
        /// Objects of one size.
        case small(size: Int)
        /// The first of some blocks that hold one object.
        case large(count: Int)
        case continuation
    }

    private let byteLimit: Int
    private let base: UnsafeMutableRawPointer
    private let capacity: Int
    private var blocks: [Block] = []
    /// For each size in units of 16 bytes, free places, chained through their second words.
    private var freePlaces: [UnsafeMutableRawPointer?]
    /// Bytes of all objects, dead ones not yet swept included.
    private var bytesInUse = 0
    private var threshold = 4 << 20
    private var pending: [UnsafeMutableRawPointer] = []

    private static let largestSmall = 2048

    /// Reserves addresses for a heap; nil where there are none left.
    init?(byteLimit: Int) {
        self.byteLimit = byteLimit
        // Blocks of mixed sizes need room beside the objects themselves.
        capacity = (byteLimit / Heap.blockByteCount + 64) * 2
        guard let base = AddressSpace.reserve(capacity * Heap.blockByteCount) else { return nil }
        self.base = base
        freePlaces = [UnsafeMutableRawPointer?](repeating: nil, count: Heap.largestSmall / 16 + 1)
    }

    deinit {
        AddressSpace.release(base, capacity * Heap.blockByteCount)
    }

    // MARK: Allocation

    /// Whether it is time to collect before the next allocation of so many bytes.
    func wantsCollection(for byteCount: Int) -> Bool {
        bytesInUse + byteCount > min(threshold, byteLimit)
    }

    /// Makes an object whose fields are zero, or returns nil if the limit does not allow it.
    func allocate(
        _ layout: UnsafePointer<ObjectLayout>, payloadByteCount: Int, count: UInt32
    ) -> UnsafeMutableRawPointer? {
        let size = (HeapObject.headerByteCount + payloadByteCount + 15) & ~15
        guard bytesInUse + size <= byteLimit else { return nil }
        let place: UnsafeMutableRawPointer
        if size <= Heap.largestSmall {
            guard let small = takeSmall(size) else { return nil }
            place = small
            place.initializeMemory(as: UInt64.self, repeating: 0, count: size / 8)
        } else {
            guard let large = takeLarge(size) else { return nil }
            place = large
        }
        bytesInUse += size
        place.assumingMemoryBound(to: HeapObject.self).initialize(
            to: HeapObject(layout: layout, count: count, isMarked: false))
        return place
    }

    private func takeSmall(_ size: Int) -> UnsafeMutableRawPointer? {
        if freePlaces[size / 16] == nil {
            guard let block = takeBlocks(1) else { return nil }
            blocks[block] = .small(size: size)
            let start = base + block * Heap.blockByteCount
            var place = start + (Heap.blockByteCount / size - 1) * size
            while place >= start {
                release(place, size)
                place -= size
            }
        }
        guard let place = freePlaces[size / 16] else { return nil }
        freePlaces[size / 16] = place.load(fromByteOffset: 8, as: UnsafeMutableRawPointer?.self)
        return place
    }

    private func release(_ place: UnsafeMutableRawPointer, _ size: Int) {
        place.storeBytes(of: nil, as: UnsafeRawPointer?.self)
        place.storeBytes(of: freePlaces[size / 16], toByteOffset: 8, as: UnsafeMutableRawPointer?.self)
        freePlaces[size / 16] = place
    }

    private func takeLarge(_ size: Int) -> UnsafeMutableRawPointer? {
        let count = (size + Heap.blockByteCount - 1) / Heap.blockByteCount
        let fresh = blocks.count
        guard let first = takeBlocks(count) else { return nil }
        blocks[first] = .large(count: count)
        let start = base + first * Heap.blockByteCount
        // Blocks that were never used read as zeros already.
        let usedCount = min(fresh - first, count)
        if usedCount > 0 {
            start.initializeMemory(as: UInt64.self, repeating: 0, count: usedCount * Heap.blockByteCount / 8)
        }
        return start
    }

    /// The first of some free blocks in a row.
    private func takeBlocks(_ count: Int) -> Int? {
        var run = 0
        for index in blocks.indices {
            if case .free = blocks[index] { run += 1 } else { run = 0 }
            if run == count {
                let first = index - count + 1
                for block in first...index { blocks[block] = .continuation }
                return first
            }
        }
        let first = blocks.count - run
        guard first + count <= capacity else { return nil }
        for block in first..<blocks.count { blocks[block] = .continuation }
        while blocks.count < first + count { blocks.append(.continuation) }
        return first
    }

    // MARK: Collection

    /// Marks what the words of a range may refer to.
    func mark(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) {
        var place = start
        while place < end {
            mark(place.load(as: UInt64.self))
            place += 8
        }
    }

    /// Marks the object that a word may refer to, and all that can be reached from it.
    func mark(_ word: UInt64) {
        note(word)
        while let object = pending.popLast() {
            let head = object.assumingMemoryBound(to: HeapObject.self)
            guard let layout = head.pointee.layout, layout.pointee.hasReferences else { continue }
            let payload = UnsafeRawPointer(object + HeapObject.headerByteCount)
            let byteCount =
                layout.pointee.kind == .array
                ? Int(head.pointee.count) * layout.pointee.byteCount : layout.pointee.byteCount
            var place = payload
            while place + 8 <= payload + byteCount {
                note(place.load(as: UInt64.self))
                place += 8
            }
        }
    }

    private func note(_ word: UInt64) {
        let distance = Int(bitPattern: UInt(truncatingIfNeeded: word) &- UInt(bitPattern: base))
        guard distance >= 0, distance < blocks.count * Heap.blockByteCount, distance & 15 == 0 else { return }
        let inBlock = distance % Heap.blockByteCount
        switch blocks[distance / Heap.blockByteCount] {
        case .free, .continuation: return
        case .small(let size):
            guard inBlock % size == 0, inBlock + size <= Heap.blockByteCount else { return }
        case .large:
            guard inBlock == 0 else { return }
        }
        let object = base + distance
        let head = object.assumingMemoryBound(to: HeapObject.self)
        guard head.pointee.layout != nil, !head.pointee.isMarked else { return }
        head.pointee.isMarked = true
        pending.append(object)
    }

    /// Frees what was not marked, and takes the marks away.
    func sweep() {
        bytesInUse = 0
        for index in freePlaces.indices { freePlaces[index] = nil }
        for index in blocks.indices {
            let start = base + index * Heap.blockByteCount
            switch blocks[index] {
            case .free, .continuation: break
            case .small(let size): sweepSmall(index, start, size)
            case .large(let count):
                let head = start.assumingMemoryBound(to: HeapObject.self)
                if head.pointee.isMarked {
                    head.pointee.isMarked = false
                    bytesInUse += count * Heap.blockByteCount
                } else {
                    for block in index..<index + count { blocks[block] = .free }
                }
            }
        }
        threshold = max(4 << 20, bytesInUse * 2)
    }

    private func sweepSmall(_ index: Int, _ start: UnsafeMutableRawPointer, _ size: Int) {
        var isUsed = false
        let count = Heap.blockByteCount / size
        for position in 0..<count {
            let head = (start + position * size).assumingMemoryBound(to: HeapObject.self)
            if head.pointee.isMarked {
                head.pointee.isMarked = false
                bytesInUse += size
                isUsed = true
            } else {
                head.pointee.layout = nil
            }
        }
        guard isUsed else {
            blocks[index] = .free
            return
        }
        for position in 0..<count {
            let place = start + position * size
            if place.assumingMemoryBound(to: HeapObject.self).pointee.layout == nil { release(place, size) }
        }
    }
}
