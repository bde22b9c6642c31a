/// An image while it is made.
struct ImageWriter {
    var nodes: [ImageNode] = []
    private var names: [UInt8] = []
    private var mediaTypes: [String: UInt16] = [:]
    private var mediaTypeList: [String] = []
    private var lastMediaType: (type: String, kind: UInt16) = ("", 0)

    init(capacity: Int, nameBytes: Int = 0) {
        nodes.reserveCapacity(capacity)
        names.reserveCapacity(nameBytes)
    }

    /// Appends a name to the section of names.
    mutating func add(_ name: UnsafeBufferPointer<UInt8>, to node: inout ImageNode) throws(ImageError) {
        guard names.count + name.count <= Int(UInt32.max) else { throw .tooLarge }
        node.nameOffset = UInt32(names.count)
        node.nameLength = UInt16(name.count)
        names.append(contentsOf: name)
    }

    mutating func set(_ file: ContentFile, to node: inout ImageNode) throws(ImageError) {
        node.sha256 = file.digest
        node.size = Int64(file.size)
        node.modificationTime = file.modificationTime
        node.kind = try kind(of: file.mediaType)
    }

    private mutating func kind(of mediaType: String) throws(ImageError) -> UInt16 {
        if lastMediaType.type == mediaType, !mediaTypeList.isEmpty { return lastMediaType.kind }
        var kind = mediaTypes[mediaType] ?? UInt16(min(mediaTypeList.count, ImageNode.maximumMediaTypes))
        if kind == mediaTypeList.count {
            guard kind < ImageNode.maximumMediaTypes else { throw .tooLarge }
            // One that is no media type names none: the list has one a line.
            let isSound = !mediaType.isEmpty && !mediaType.utf8.contains { $0 < 0x20 || $0 > 0x7E }
            if isSound {
                mediaTypes[mediaType] = kind
                mediaTypeList.append(mediaType)
            } else {
                kind = try self.kind(of: "application/octet-stream")
            }
        }
        lastMediaType = (mediaType, kind)
        return kind
    }

    /// The image as sealed memory. Its index has all nodes but the root of a whole one.
    func image(
        directoryTime: Int64, fileCount: Int, base: Image?
    ) throws(ImageError) -> Image {
        var header = ImageHeader()
        header.seed = base?.header.seed ?? UInt64.random(in: 0 ... .max)
        header.directoryTime = directoryTime
        header.fileCount = UInt64(fileCount)
        header.baseCount = UInt64(base?.nodeCount ?? 0)
        header.nodeCount = UInt64(nodes.count)
        guard nodes.count < 1 << 28, fileCount < 1 << 28 else { throw .tooLarge }
        var slotCount = 4
        while slotCount < nodes.count * 2 { slotCount *= 2 }
        header.slotCount = UInt64(slotCount)
        let types = Array(mediaTypeList.joined(separator: "\n").utf8)
        header.mediaTypesLength = UInt64(types.count)
        header.namesLength = UInt64(names.count)

        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(header.length), alignment: 16)
        defer { bytes.deallocate() }
        bytes.storeBytes(of: header, as: ImageHeader.self)
        nodes.withUnsafeBytes { copy($0, to: bytes, at: header.nodesOffset) }
        types.withUnsafeBytes { copy($0, to: bytes, at: header.mediaTypesOffset) }
        names.withUnsafeBytes { copy($0, to: bytes, at: header.namesOffset) }
        let slots = UnsafeMutableBufferPointer(
            start: (bytes.baseAddress! + Int(header.indexOffset)).bindMemory(to: UInt32.self, capacity: slotCount),
            count: slotCount)
        slots.initialize(repeating: 0)
        names.withUnsafeBufferPointer { names in
            nodes.withUnsafeBufferPointer { nodes in
                for index in (base == nil ? 1 : 0)..<max(nodes.count, base == nil ? 1 : 0) {
                    let node = nodes[index]
                    let start = Int(node.nameOffset)
                    let name = UnsafeBufferPointer(rebasing: names[start..<start + Int(node.nameLength)])
                    let hash = NameHash.hash(name, in: node.parent, seed: header.seed)
                    var slot = Int(truncatingIfNeeded: hash) & (slotCount - 1)
                    while slots[slot] != 0 { slot = (slot + 1) & (slotCount - 1) }
                    slots[slot] = UInt32(index) + 1
                }
            }
        }
        let memory: SealedMemory
        do { memory = try SealedMemory(UnsafeRawBufferPointer(bytes)) } catch { throw .system(error) }
        return try Image(memory, base: base)
    }

    private func copy(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, at offset: UInt64) {
        guard !source.isEmpty else { return }
        UnsafeMutableRawBufferPointer(rebasing: target[Int(offset)...]).copyMemory(from: source)
    }
}
