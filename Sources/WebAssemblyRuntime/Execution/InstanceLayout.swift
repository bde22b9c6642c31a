import Glibc
import WebAssembly

/// Where the parts of an instance stand in its block of memory; the same for all instances of a module.
struct InstanceLayout: Sendable {
    let memories: Int
    let tables: Int
    let globals: Int
    let tags: Int
    let droppedSegments: Int
    let elementSegments: Int
    let functions: Int
    /// The first values of the globals that the module defines and may change; see ``changeableGlobals``.
    let firstGlobalValues: Int
    /// The cells from the first to the last global that the module defines and may change, as a range of bytes.
    let changeableGlobals: Range<Int>
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
        let defined = module.globals[module.importedGlobalCount...]
        let first = defined.firstIndex { $0.isMutable } ?? defined.startIndex
        let last = defined.lastIndex { $0.isMutable } ?? first - 1
        let cell = MemoryLayout<GlobalCell>.stride
        let start = globalCells + (first - module.importedGlobalCount) * cell
        changeableGlobals = start..<start + (last + 1 - first) * cell
        firstGlobalValues = place(last + 1 - first, of: GlobalCell.self)
        byteCount = end
    }

    /// The distance of a defined global's cell from the instance's beginning.
    func cell(ofGlobal index: Int, in module: Module) -> Int {
        globalCells + (index - module.importedGlobalCount) * MemoryLayout<GlobalCell>.stride
    }

    /// A block of zeros. The system gives pages to a large one as they are written: most functions are never referred to,
    /// and their records stay untouched.
    func makeBlock() -> UnsafeMutableRawPointer {
        guard let block = calloc(byteCount, 1) else { fatalError("there is no memory for an instance") }
        return block
    }

    /// Gives up an instance's block, and the tables and segments that it leads to.
    func destroy(_ context: UnsafeMutableRawPointer, of module: Module) {
        let head = context.assumingMemoryBound(to: InstanceContext.self)
        for index in 0..<module.elementSegments.count { head.pointee.elementSegments[index]?.deallocate() }
        for record in definedTables(context, of: module) where record.pointee.capacity > 0 {
            record.pointee.destroy()
        }
        free(context)
    }

    /// The tables that a module's instance defines. Those that were not made yet have a capacity of 0.
    func definedTables(
        _ context: UnsafeMutableRawPointer, of module: Module
    ) -> some Sequence<UnsafeMutablePointer<TableRecord>> {
        let records = (context + tableRecords).assumingMemoryBound(to: TableRecord.self)
        return (0..<module.tables.count - module.importedTableCount).lazy.map { records + $0 }
    }
}

extension UnsafeMutableRawPointer {
    /// The record of a function of the instance that begins here, filled if it was not yet.
    func functionRecord(_ index: Int) -> UnsafeMutablePointer<FunctionRecord> {
        let head = assumingMemoryBound(to: InstanceContext.self)
        let record = head.pointee.functions + index
        if record.pointee.entry == nil && record.pointee.host == nil {
            let translated = head.pointee.translated.takeUnretainedValue()
            record.initialize(
                to: FunctionRecord(
                    entry: translated.code.entry(of: index), context: self,
                    canonicalType: translated.module.functions[index], index: UInt32(index)))
        }
        return record
    }
}
