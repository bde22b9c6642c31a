/// A file of a layer that a guest has open.
final class LayerFileHandle: OpenFile {
    private let layer: TransientLayer
    private let node: LayerNode
    let file: LayerFile
    private let reads: Bool
    private let writes: Bool
    private var appends: Bool
    private var position = FilePosition()

    /// - Parameter node: counted as used, which ends with this.
    init(_ layer: TransientLayer, _ node: LayerNode, _ file: LayerFile, _ request: OpenRequest) {
        self.layer = layer
        self.node = node
        self.file = file
        reads = request.reads
        writes = request.writes
        appends = request.descriptorFlags.contains(.append)
    }

    deinit {
        layer.release(node)
    }

    var type: FileType { .regularFile }

    func status() throws(ErrorNumber) -> FileStatus { layer.lock.locked { node.status } }

    func read(
        into list: BufferList, at offset: Int?, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Int {
        guard reads else { throw .badDescriptor }
        let count = try file.read(at: offset ?? position.offset, into: list)
        if offset == nil { position.offset += count }
        return count
    }

    func write(
        from list: BufferList, at offset: Int?, isInterrupted: () -> Bool
    ) throws(ErrorNumber) -> Int {
        guard writes else { throw .badDescriptor }
        // As on Linux, who appends does so at any offset.
        let (end, count) = try file.write(at: appends ? nil : offset ?? position.offset, from: list)
        if offset == nil { position.offset = end }
        return count
    }

    func append(from list: BufferList, isInterrupted: () -> Bool) throws(ErrorNumber) -> Int {
        guard writes else { throw .badDescriptor }
        return try file.write(at: nil, from: list).count
    }

    func seek(by offset: Int, from whence: Whence) throws(ErrorNumber) -> UInt64 {
        try position.move(by: offset, from: whence, size: file.currentSize)
    }

    func advise(_ advice: Advice, offset: Int, count: Int) throws(ErrorNumber) {}

    func allocate(offset: Int, count: Int) throws(ErrorNumber) {
        guard writes else { throw .badDescriptor }
        try file.allocate(offset: offset, count: count)
    }

    func setSize(_ size: Int) throws(ErrorNumber) {
        guard writes else { throw .invalidArgument }
        try file.setSize(size)
    }

    func setTimes(_ times: FileTimes) throws(ErrorNumber) {
        try layer.lock.locked { () throws(ErrorNumber) in try layer.keep(node) }
        file.setTimes(times)
    }

    func synchronize(dataOnly: Bool) throws(ErrorNumber) {}

    func setFlags(_ flags: DescriptorFlags) throws(ErrorNumber) {
        appends = flags.contains(.append)
    }

    var hostNumber: Int32? { nil }

    var readableBytes: UInt64 { UInt64(max(0, file.currentSize - position.offset)) }
}
