import Glibc

/// Sealed memory that has been found to be an image: whatever is read through this lies within it.
///
/// Bounds are checked once, when it is mapped, so that looking up needs no checks, and a hostile image cannot do more
/// than name other files.
final class Image: Sendable {
    let memory: SealedMemory
    let header: ImageHeader
    let mediaTypes: [String]
    // Into the sealed memory, which lives as long as this.
    private nonisolated(unsafe) let nodes: UnsafePointer<ImageNode>
    private nonisolated(unsafe) let slots: UnsafePointer<UInt32>
    private nonisolated(unsafe) let names: UnsafePointer<UInt8>

    var nodeCount: Int { Int(header.nodeCount) }

    /// - Parameter base: the image that this one has changes of; nil if it is whole.
    /// - Throws: `ImageError` unless all that it says is within its bounds.
    init(_ memory: SealedMemory, base: Image?) throws(ImageError) {
        let bytes = memory.bytes
        guard bytes.count >= MemoryLayout<ImageHeader>.stride else { throw .malformed("it is too short") }
        let header = bytes.load(as: ImageHeader.self)
        let limit = UInt64(UInt32.max >> 1)
        guard header.magic == ImageHeader.magic, header.nodeCount <= limit, header.slotCount <= limit,
            header.mediaTypesLength <= limit, header.namesLength <= UInt64(UInt32.max),
            header.baseCount == UInt64(base?.nodeCount ?? 0), header.length == UInt64(bytes.count),
            header.fileCount <= UInt64(base?.nodeCount ?? 0) + header.nodeCount
        else { throw .malformed("its header is wrong") }
        guard header.slotCount.nonzeroBitCount == 1, header.slotCount > header.nodeCount else {
            throw .malformed("its index is too small")
        }
        self.memory = memory
        self.header = header
        let start = bytes.baseAddress!
        // The sections before are of a length that keeps these aligned.
        nodes = (start + Int(header.nodesOffset)).assumingMemoryBound(to: ImageNode.self)
        slots = (start + Int(header.indexOffset)).assumingMemoryBound(to: UInt32.self)
        names = (start + Int(header.namesOffset)).assumingMemoryBound(to: UInt8.self)
        mediaTypes = String(
            decoding: UnsafeRawBufferPointer(
                rebasing: bytes[Int(header.mediaTypesOffset)..<Int(header.namesOffset)]), as: UTF8.self
        ).split(separator: "\n").map(String.init)
        try checkIndex()
        if let base { try checkChanges(of: base) } else { try checkTree() }
    }

    private func checkIndex() throws(ImageError) {
        var used: UInt64 = 0
        for slot in 0..<Int(header.slotCount) where slots[slot] != 0 {
            guard UInt64(slots[slot]) <= header.nodeCount else { throw .malformed("its index leads out of it") }
            used += 1
        }
        // Without a free slot, a search for a name that is not there would have no end.
        guard used < header.slotCount else { throw .malformed("its index is full") }
    }

    private func checkNode(_ node: ImageNode) throws(ImageError) {
        guard UInt64(node.nameOffset) + UInt64(node.nameLength) <= header.namesLength, node.nameLength <= 255,
            node.kind >= ImageNode.removed || Int(node.kind) < mediaTypes.count, node.size >= 0
        else { throw .malformed("a name leads out of it") }
    }

    private func checkTree() throws(ImageError) {
        guard nodeCount > 0, nodes[0].isDirectory else { throw .malformed("it has no root") }
        var childCount = 0
        for index in 0..<nodeCount {
            let node = nodes[index]
            try checkNode(node)
            guard !node.isRemoved else { throw .malformed("something is removed from nothing") }
            // Parents come before children, so that every way up ends at the root.
            guard index == 0 || Int(node.parent) < index && nodes[Int(node.parent)].isDirectory else {
                throw .malformed("a name is in no directory")
            }
            guard node.isDirectory else { continue }
            childCount += Int(node.count)
            // No more children than nodes altogether, so that a hostile image does not take long to check.
            guard UInt64(node.first) + UInt64(node.count) <= header.nodeCount, childCount < nodeCount else {
                throw .malformed("a directory leads out of it")
            }
            // Each is in the directory that has it: so that every way down ends, too.
            for child in Int(node.first)..<Int(node.first) + Int(node.count) {
                guard Int(nodes[child].parent) == index, child > index else {
                    throw .malformed("a name is in two directories")
                }
            }
        }
    }

    private func checkChanges(of base: Image) throws(ImageError) {
        for index in 0..<nodeCount {
            let node = nodes[index]
            try checkNode(node)
            let parent = Int(node.parent)
            let childCount: UInt32
            if parent < base.nodeCount {
                guard base.nodes[parent].isDirectory else { throw .malformed("a name is in no directory") }
                childCount = base.nodes[parent].count
            } else {
                guard parent - base.nodeCount < index, nodes[parent - base.nodeCount].isDirectory else {
                    throw .malformed("a name is in no directory")
                }
                childCount = 0
            }
            guard node.first <= childCount, node.replaces == 0 || node.first < childCount, node.replaces <= 1,
                node.count <= UInt32(index)
            else { throw .malformed("a change is out of place") }
            if index > 0 {
                let last = nodes[index - 1]
                guard last.parent <= node.parent else { throw .malformed("its changes are out of order") }
                guard last.parent == node.parent else { continue }
                guard last.first + last.replaces <= node.first, node.count == last.count + (1 - last.replaces) else {
                    throw .malformed("its changes are out of order")
                }
            }
        }
        for index in 0..<nodeCount where index == 0 || nodes[index - 1].parent != nodes[index].parent {
            guard nodes[index].count == 0 else { throw .malformed("its changes are out of order") }
        }
    }

    // MARK: Reading

    /// - Precondition: `index` is one of a node.
    func node(_ index: Int) -> ImageNode { nodes[index] }

    func name(_ node: ImageNode) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: names + Int(node.nameOffset), count: Int(node.nameLength))
    }

    /// The index of the node of a name in a directory, given by its number.
    func find(_ name: UnsafeBufferPointer<UInt8>, in directory: UInt32) -> Int? {
        let mask = Int(header.slotCount) - 1
        var slot = Int(truncatingIfNeeded: NameHash.hash(name, in: directory, seed: header.seed)) & mask
        while true {
            let index = Int(slots[slot]) - 1
            if index < 0 { return nil }
            let node = nodes[index]
            if node.parent == directory, Int(node.nameLength) == name.count, self.name(node).hasSameBytes(as: name),
                // The root is in no directory.
                index > 0 || header.baseCount > 0
            {
                return index
            }
            slot = (slot + 1) & mask
        }
    }

    /// The range of the changes within a directory, given by its number.
    func changes(in directory: UInt32) -> Range<Int> {
        let first = firstIndex { nodes[$0].parent >= directory }
        guard first < nodeCount, nodes[first].parent == directory else { return first..<first }
        return first..<firstIndex(from: first) { nodes[$0].parent > directory }
    }

    /// The first index from which on a condition holds.
    func firstIndex(from start: Int = 0, to end: Int? = nil, where holds: (Int) -> Bool) -> Int {
        var (low, high) = (start, end ?? nodeCount)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// For two of the same length.
    func hasSameBytes(as other: UnsafeBufferPointer<UInt8>) -> Bool {
        count == 0 || memcmp(baseAddress!, other.baseAddress!, count) == 0
    }

    /// The order of bytes, which is that of UTF-8 texts by their scalars.
    func precedes(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        let common = Swift.min(count, other.count)
        let order = common == 0 ? 0 : memcmp(baseAddress!, other.baseAddress!, common)
        return order < 0 || order == 0 && count < other.count
    }
}
