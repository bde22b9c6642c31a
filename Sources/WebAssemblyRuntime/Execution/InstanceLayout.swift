package import WebAssembly

/// Where the parts of an instance stand in its block of memory; the same for all instances of a module.
struct InstanceLayout: Sendable {
    let memories: Int
    let tables: Int
    let globals: Int
    let tags: Int
    let droppedSegments: Int
    let elementSegments: Int
    let functions: Int
    /// The cells of the globals that the module defines.
    let globalCells: Int
    let memoryRecords: Int
    let tableRecords: Int
    let tagRecords: Int
    let byteCount: Int

    init(_ module: Module) {
        var end = MemoryLayout<InstanceContext>.size
        func place<Part>(_ count: Int, of type: Part.Type) -> Int {
            end = (end + 15) & ~15
            defer { end += count * MemoryLayout<Part>.stride }
            return end
        }
        // What translated code addresses directly comes first, within the reach of 32-bit offsets.
        globalCells = place(module.globals.count - module.importedGlobalCount, of: GlobalCell.self)
        globals = place(module.globals.count, of: UnsafeMutableRawPointer.self)
        memories = place(module.memories.count, of: UnsafeMutableRawPointer.self)
        tables = place(module.tables.count, of: UnsafeMutableRawPointer.self)
        tags = place(module.tags.count, of: UnsafeMutableRawPointer.self)
        memoryRecords = place(module.memories.count - module.importedMemoryCount, of: MemoryRecord.self)
        tableRecords = place(module.tables.count - module.importedTableCount, of: TableRecord.self)
        tagRecords = place(module.tags.count - module.importedTagCount, of: TagRecord.self)
        droppedSegments = place(module.dataSegments.count + module.elementSegments.count, of: Bool.self)
        elementSegments = place(module.elementSegments.count, of: UnsafeMutablePointer<UInt64>?.self)
        functions = place(module.functions.count, of: FunctionRecord.self)
        byteCount = end
    }

    /// The distance of a defined global's cell from the instance's beginning.
    func cell(ofGlobal index: Int, in module: Module) -> Int {
        globalCells + (index - module.importedGlobalCount) * MemoryLayout<GlobalCell>.stride
    }

    /// Gives up an instance's block.
    static func destroy(_ context: UnsafeMutableRawPointer) {
        let head = context.assumingMemoryBound(to: InstanceContext.self)
        let linked = head.pointee.linked.takeUnretainedValue()
        for index in 0..<linked.module.elementSegments.count { head.pointee.elementSegments[index]?.deallocate() }
        context.deallocate()
    }
}

extension UnsafeMutableRawPointer {
    /// The record of a function of the instance that begins here, filled if it was not yet.
    func functionRecord(_ index: Int) -> UnsafeMutablePointer<FunctionRecord> {
        let head = assumingMemoryBound(to: InstanceContext.self)
        let record = head.pointee.functions + index
        if record.pointee.entry == nil && record.pointee.host == nil {
            let linked = head.pointee.linked.takeUnretainedValue()
            record.initialize(
                to: FunctionRecord(
                    entry: linked.code.entry(of: index), context: self,
                    canonicalType: linked.module.functions[index], index: UInt32(index)))
        }
        return record
    }
}
