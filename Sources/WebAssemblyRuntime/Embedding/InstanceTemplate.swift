import WebAssembly

/// One of the instances of an image: what it takes to make it again among others.
struct InstanceTemplate: Sendable {
    let translated: TranslatedModule

    private enum ImportedFunction: Sendable {
        case host(HostFunction.Storage)
        case function(FunctionPlace)
    }

    private struct MemoryImagePool: Sendable {
        /// The minimum is the size in the image.
        let type: MemoryType
        let pool: MemoryPool
    }

    // Imports.
    private var functions: [ImportedFunction] = []
    private var memories: [InstancePlaces.Place] = []
    private var tables: [InstancePlaces.Place] = []
    private var globals: [InstancePlaces.Place] = []
    private var tags: [InstancePlaces.Place] = []

    // What the module defines.
    private var ownMemories: [MemoryImagePool] = []
    private var ownTables: [[ReferenceImage]] = []
    private var cells: [GlobalCell] = []
    /// The cells that hold references.
    private var references: [(cell: Int, ReferenceImage)] = []
    private var droppedSegments: [Bool] = []
    /// Passive segments of expressions.
    private var passiveElements: [(segment: Int, elements: [ReferenceImage])] = []

    /// Notes what an instance has; nil if something of it belongs to its store alone.
    init?(of instance: Instance, _ places: InstancePlaces) {
        translated = instance.translated
        guard noteImports(of: instance.head, places), noteGlobals(of: instance, places),
            noteTables(of: instance, places), noteMemories(of: instance)
        else { return nil }
    }

    private var module: Module { translated.module }

    // MARK: Taking

    private mutating func noteImports(
        of head: UnsafeMutablePointer<InstanceContext>, _ places: InstancePlaces
    ) -> Bool {
        for index in 0..<module.importedFunctionCount {
            let record = head.pointee.functions[index]
            if let host = record.host {
                functions.append(.host(host.takeUnretainedValue()))
            } else if let context = record.context, let place = places.place(context) {
                functions.append(.function(FunctionPlace(instance: place.instance, index: Int(record.index))))
            } else {
                return false
            }
        }
        func noted(_ addresses: [UnsafeMutableRawPointer]) -> [InstancePlaces.Place]? {
            let found = addresses.compactMap(places.place)
            return found.count == addresses.count ? found : nil
        }
        guard let memories = noted((0..<module.importedMemoryCount).map { .init(head.pointee.memories[$0]) }),
            let tables = noted((0..<module.importedTableCount).map { .init(head.pointee.tables[$0]) }),
            let globals = noted((0..<module.importedGlobalCount).map { head.pointee.globals[$0] }),
            let tags = noted((0..<module.importedTagCount).map { .init(head.pointee.tags[$0]) })
        else { return false }
        (self.memories, self.tables, self.globals, self.tags) = (memories, tables, globals, tags)
        return true
    }

    private mutating func noteGlobals(of instance: Instance, _ places: InstancePlaces) -> Bool {
        let first = (instance.context + translated.layout.globalCells).assumingMemoryBound(to: GlobalCell.self)
        for (index, type) in module.globals[module.importedGlobalCount...].enumerated() {
            cells.append(first[index])
            guard case .reference(let type) = type.valueType.kind else { continue }
            guard let image = ReferenceImage(first[index].low, type: type, places) else { return false }
            references.append((index, image))
        }
        return true
    }

    private mutating func noteTables(of instance: Instance, _ places: InstancePlaces) -> Bool {
        func noted(
            _ elements: UnsafeMutablePointer<UInt64>, _ count: Int, _ type: ReferenceType
        ) -> [ReferenceImage]? {
            let found = (0..<count).lazy.compactMap { ReferenceImage(elements[$0], type: type, places) }
            let images = Array(found)
            return images.count == count ? images : nil
        }
        for record in translated.layout.definedTables(instance.context, of: module) {
            record.completeElements()
            guard let images = noted(record.pointee.elements, Int(record.pointee.count), record.pointee.element) else {
                return false
            }
            ownTables.append(images)
        }
        let head = instance.head
        let segmentCount = module.dataSegments.count + module.elementSegments.count
        droppedSegments = (0..<segmentCount).map { head.pointee.droppedSegments[$0] }
        for (index, segment) in module.elementSegments.enumerated() {
            guard let elements = head.pointee.elementSegments[index] else { continue }
            guard let images = noted(elements, segment.items.count, segment.type) else { return false }
            passiveElements.append((index, images))
        }
        return true
    }

    private mutating func noteMemories(of instance: Instance) -> Bool {
        for index in module.importedMemoryCount..<module.memories.count {
            let memory = Memory(record: instance.head.pointee.memories[index], store: instance.store)
            let pieces = memory.writtenPieces
            let image = MemoryImage(pieces)
            guard image != nil || pieces.isEmpty else { return false }
            ownMemories.append(MemoryImagePool(type: memory.type, pool: MemoryPool(image: image)))
        }
        return true
    }

    // MARK: Making

    /// Fills in what the instance imports, of whichever instance of the set.
    func makeImports(of instance: Instance, in blocks: [UnsafeMutableRawPointer]) {
        let head = instance.head
        for (index, function) in functions.enumerated() {
            let record = head.pointee.functions + index
            switch function {
            case .host(let function):
                record.initialize(to: FunctionRecord(host: function))
            case .function(let place):
                let block = blocks[place.instance]
                let definer = Instance(context: block, store: instance.store).translated
                record.initialize(
                    to: FunctionRecord(
                        entry: definer.code.entry(of: place.index), context: block,
                        canonicalType: definer.module.functions[place.index], index: UInt32(place.index)))
            }
        }
        for (index, place) in memories.enumerated() {
            head.pointee.memories[index] = place.address(in: blocks).assumingMemoryBound(to: MemoryRecord.self)
        }
        for (index, place) in tables.enumerated() {
            head.pointee.tables[index] = place.address(in: blocks).assumingMemoryBound(to: TableRecord.self)
        }
        for (index, place) in globals.enumerated() { head.pointee.globals[index] = place.address(in: blocks) }
        for (index, place) in tags.enumerated() {
            head.pointee.tags[index] = place.address(in: blocks).assumingMemoryBound(to: TagRecord.self)
        }
    }

    /// Makes all that the next set finds as it is.
    func fill(_ instance: Instance, in blocks: [UnsafeMutableRawPointer]) throws(Trap) {
        let (head, layout) = (instance.head, translated.layout)
        instance.makeTags()
        let first = (instance.context + layout.globalCells).assumingMemoryBound(to: GlobalCell.self)
        for (index, cell) in cells.enumerated() {
            first[index] = cell
            head.pointee.globals[module.importedGlobalCount + index] = UnsafeMutableRawPointer(first + index)
        }
        for (index, reference) in references { first[index].low = reference.bits(in: blocks) }
        instance.noteFirstGlobals()

        let records = (instance.context + layout.tableRecords).assumingMemoryBound(to: TableRecord.self)
        for (defined, elements) in ownTables.enumerated() {
            let index = module.importedTableCount + defined
            var type = module.tables[index]
            type = TableType(
                element: type.element, limits: Limits(minimum: UInt64(elements.count), maximum: type.limits.maximum),
                addressType: type.addressType)
            try instance.store.initialize(records + defined, type: type, initialElement: 0)
            head.pointee.tables[index] = records + defined
            if elements.count < PendingElements.leastCount {
                write(elements, to: records[defined].elements, in: blocks)
            } else {
                records[defined].pending = Unmanaged.passRetained(PendingElements(elements, in: blocks))
            }
        }
        for (segment, elements) in passiveElements {
            let place = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, elements.count))
            place.initialize(repeating: 0, count: elements.count)
            head.pointee.elementSegments[segment] = place
            write(elements, to: place, in: blocks)
        }
        noteDroppedSegments(of: head)
    }

    /// Puts back what the set before may have changed.
    func reset(_ instance: Instance, in blocks: [UnsafeMutableRawPointer]) throws(Trap) {
        let head = instance.head
        instance.resetGlobals()
        if head.pointee.hasDroppedSegments { noteDroppedSegments(of: head) }
        for (record, elements) in zip(translated.layout.definedTables(instance.context, of: module), ownTables) {
            try instance.store.adopt(table: record)
            guard record.pointee.isChanged else { continue }
            write(elements, to: record.pointee.elements, in: blocks)
            record.pointee.isChanged = false
        }
    }

    func makeMemories(of instance: Instance) throws(Trap) {
        let records = (instance.context + translated.layout.memoryRecords).assumingMemoryBound(to: MemoryRecord.self)
        for (defined, memory) in ownMemories.enumerated() {
            try instance.store.initialize(records + defined, type: memory.type, pool: memory.pool)
            instance.head.pointee.memories[module.importedMemoryCount + defined] = records + defined
        }
    }

    /// Whether ``reset(_:in:)`` can make a block as at first. Tables that have grown are not worth their memory.
    func canReset(_ block: UnsafeMutableRawPointer) -> Bool {
        block.assumingMemoryBound(to: InstanceContext.self).pointee.isComplete
            && zip(translated.layout.definedTables(block, of: module), ownTables)
                .allSatisfy { Int($0.pointee.count) == $1.count }
    }

    private func write(
        _ elements: [ReferenceImage], to place: UnsafeMutablePointer<UInt64>, in blocks: [UnsafeMutableRawPointer]
    ) {
        for (index, element) in elements.enumerated() { place[index] = element.bits(in: blocks) }
    }

    private func noteDroppedSegments(of head: UnsafeMutablePointer<InstanceContext>) {
        for (segment, isDropped) in droppedSegments.enumerated() { head.pointee.droppedSegments[segment] = isDropped }
        head.pointee.hasDroppedSegments = false
    }
}
