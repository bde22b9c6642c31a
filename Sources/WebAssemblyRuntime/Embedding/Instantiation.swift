import WebAssembly

extension Instance {
    /// Instantiates a module (specification, "Instantiation").
    ///
    /// - Parameter pool: Where the block comes from and goes in the end.
    init(
        _ translated: TranslatedModule, imports: [ExternalValue], from pool: InstancePool, in store: Store
    ) throws(Trap) {
        precondition(imports.count == translated.module.imports.count, "each import is given")
        let kept = pool.take()
        self.init(context: kept ?? Instance.makeBlock(for: translated, in: store), store: store)
        // From here on the store gives the block up.
        store.keep(instance: context, of: translated, for: pool)
        head.pointee.machine = store.machine
        head.pointee.memory = store.emptyMemory
        if kept == nil || !pool.keepsImports { take(imports, areKept: pool.keepsImports) }
        let memories = translated.memories.pools()
        try makeMemories(from: memories)
        if kept == nil {
            try fill()
        } else {
            try reset(for: pool)
        }
        try copyActiveData(isInPlace: memories.dataIsInPlace)
        head.pointee.isComplete = true
        try callStartFunction()
    }

    /// A block for an instance, in which all that has no value yet is zero.
    static func makeBlock(for translated: TranslatedModule, in store: Store) -> UnsafeMutableRawPointer {
        let layout = translated.layout
        let context = layout.makeBlock()
        context.assumingMemoryBound(to: InstanceContext.self).initialize(
            to: InstanceContext(
                machine: store.machine, memory: store.emptyMemory,
                functions: (context + layout.functions).assumingMemoryBound(to: FunctionRecord.self),
                memories: (context + layout.memories)
                    .assumingMemoryBound(to: UnsafeMutablePointer<MemoryRecord>.self),
                tables: (context + layout.tables).assumingMemoryBound(to: UnsafeMutablePointer<TableRecord>.self),
                globals: (context + layout.globals).assumingMemoryBound(to: UnsafeMutableRawPointer.self),
                tags: (context + layout.tags).assumingMemoryBound(to: UnsafeMutablePointer<TagRecord>.self),
                droppedSegments: (context + layout.droppedSegments).assumingMemoryBound(to: Bool.self),
                translated: Unmanaged.passUnretained(translated),
                elementSegments: (context + layout.elementSegments)
                    .assumingMemoryBound(to: UnsafeMutablePointer<UInt64>?.self)))
        return context
    }

    /// Makes all that the next instance finds as it is.
    private func fill() throws(Trap) {
        makeTags()
        try makeGlobals()
        try makeTables()
        try evaluatePassiveElements()
        try copyActiveElements { _ in true }
    }

    /// Puts back what the instance before may have changed, and what depends on imports.
    private func reset(for pool: InstancePool) throws(Trap) {
        if pool.dependencies.globalsDependOnImports {
            try makeGlobals()
        } else {
            resetGlobals()
        }
        if head.pointee.hasDroppedSegments {
            for segment in pool.passiveSegments { head.pointee.droppedSegments[segment] = false }
            head.pointee.hasDroppedSegments = false
        }
        var changedTables: Set<Int> = []
        for (defined, table) in translated.layout.definedTables(context, of: module).enumerated() {
            try store.adopt(table: table)
            guard table.pointee.isChanged else { continue }
            let element = try firstElement(ofDefinedTable: defined)
            table.pointee.elements.update(repeating: element, count: Int(table.pointee.count))
            changedTables.insert(module.importedTableCount + defined)
        }
        if module.importedTableCount > 0 || !changedTables.isEmpty {
            try copyActiveElements { $0 < module.importedTableCount || changedTables.contains($0) }
        }
        // Not before: an instance whose segments do not fit ends here, and its block may be kept.
        for table in changedTables { head.pointee.tables[table].pointee.isChanged = false }
    }

    /// Gives the globals their first values.
    func resetGlobals() {
        let globals = translated.layout.changeableGlobals
        (context + globals.lowerBound)
            .copyMemory(from: context + translated.layout.firstGlobalValues, byteCount: globals.count)
    }

    private func callStartFunction() throws(Trap) {
        guard let start = module.startFunction else { return }
        let record = context.functionRecord(Int(start))
        let call = try store.beginCall(header: FrameShape(module.functionType(of: Int(start))).header)
        defer { store.endCall(call) }
        guard case .returned = try store.execute(record, call) else {
            preconditionFailure("only a task's outermost run is suspended")
        }
    }

    /// - Parameter areKept: Whether functions of the host are kept by another.
    private func take(_ imports: [ExternalValue], areKept: Bool) {
        var functions = 0, memories = 0, tables = 0, globals = 0, tags = 0
        func check(_ owner: Store) { precondition(owner === store, "an import belongs to another store") }
        for value in imports {
            switch value {
            case .host(let function):
                if !areKept { store.keep(function.storage) }
                (head.pointee.functions + functions).initialize(to: FunctionRecord(host: function.storage))
                functions += 1
            case .function(let function):
                check(function.store)
                (head.pointee.functions + functions).initialize(to: function.record.pointee)
                functions += 1
            case .memory(let memory):
                check(memory.store)
                head.pointee.memories[memories] = memory.record
                memories += 1
            case .table(let table):
                check(table.store)
                head.pointee.tables[tables] = table.record
                tables += 1
            case .global(let global):
                check(global.store)
                head.pointee.globals[globals] = UnsafeMutableRawPointer(global.cell)
                globals += 1
            case .tag(let tag):
                check(tag.store)
                head.pointee.tags[tags] = tag.record
                tags += 1
            }
        }
    }

    private func makeMemories(from source: MemorySource.Pools) throws(Trap) {
        let records = (context + translated.layout.memoryRecords).assumingMemoryBound(to: MemoryRecord.self)
        for index in module.importedMemoryCount..<module.memories.count {
            let defined = index - module.importedMemoryCount
            try store.initialize(
                records + defined, type: module.memories[index], pool: source.pools[defined])
            head.pointee.memories[index] = records + defined
        }
        if !module.memories.isEmpty { head.pointee.memory = head.pointee.memories[0] }
    }

    func makeTags() {
        let records = (context + translated.layout.tagRecords).assumingMemoryBound(to: TagRecord.self)
        for index in module.importedTagCount..<module.tags.count {
            let record = records + (index - module.importedTagCount)
            record.initialize(to: TagRecord(type: module.tags[index].type.id))
            head.pointee.tags[index] = record
        }
    }

    private func makeGlobals() throws(Trap) {
        let cells = (context + translated.layout.globalCells).assumingMemoryBound(to: GlobalCell.self)
        for (defined, initializer) in module.globalInitializers.enumerated() {
            let cell = cells + defined
            head.pointee.globals[module.importedGlobalCount + defined] = UnsafeMutableRawPointer(cell)
            cell.initialize(to: try evaluate(initializer))
        }
        noteFirstGlobals()
    }

    /// Notes the values of the globals as their first ones.
    func noteFirstGlobals() {
        let globals = translated.layout.changeableGlobals
        (context + translated.layout.firstGlobalValues)
            .copyMemory(from: context + globals.lowerBound, byteCount: globals.count)
    }

    private func makeTables() throws(Trap) {
        let records = (context + translated.layout.tableRecords).assumingMemoryBound(to: TableRecord.self)
        for defined in module.tableInitializers.indices {
            let index = module.importedTableCount + defined
            try store.initialize(
                records + defined, type: module.tables[index],
                initialElement: firstElement(ofDefinedTable: defined))
            head.pointee.tables[index] = records + defined
        }
    }

    /// What fills a table that the module defines before its segments are copied.
    private func firstElement(ofDefinedTable defined: Int) throws(Trap) -> UInt64 {
        guard let initializer = module.tableInitializers[defined] else { return 0 }
        return try evaluate(initializer).low
    }

    /// Segments of expressions are evaluated once, here; those of functions whenever they are used.
    private func evaluatePassiveElements() throws(Trap) {
        for (index, segment) in module.elementSegments.enumerated() {
            guard case .passive = segment.mode, case .expressions(let expressions) = segment.items else { continue }
            let elements = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, expressions.count))
            elements.initialize(repeating: 0, count: expressions.count)
            head.pointee.elementSegments[index] = elements
            for (place, expression) in expressions.enumerated() { elements[place] = try evaluate(expression).low }
        }
    }

    /// Copies the active segments of the tables that are wanted.
    private func copyActiveElements(of isWanted: (Int) -> Bool) throws(Trap) {
        for (index, segment) in module.elementSegments.enumerated() {
            switch segment.mode {
            case .active(let table, let offset):
                guard isWanted(Int(table)) else { continue }
                let start = try evaluate(offset).low
                let record = head.pointee.tables[Int(table)]
                let count = UInt64(segment.items.count)
                guard start <= UInt64(record.pointee.count), count <= UInt64(record.pointee.count) - start else {
                    throw Trap(kind: .outOfBoundsTableAccess)
                }
                record.completeElements()
                let target = record.pointee.elements + Int(start)
                // For whoever defines it, this is a change like any other.
                if Int(table) < module.importedTableCount { record.pointee.isChanged = true }
                switch segment.items {
                case .functions(let functions):
                    for (place, function) in functions.enumerated() {
                        target[place] = UInt64(UInt(bitPattern: context.functionRecord(Int(function))))
                    }
                case .expressions(let expressions):
                    for (place, expression) in expressions.enumerated() {
                        let element = try evaluate(expression).low
                        // Evaluation cannot move the table.
                        target[place] = element
                    }
                }
                dropElementSegment(index)
            case .declarative:
                dropElementSegment(index)
            case .passive:
                break
            }
        }
    }

    private func copyActiveData(isInPlace: Bool) throws(Trap) {
        if isInPlace && head.pointee.isComplete { return }
        for (index, segment) in module.dataSegments.enumerated() {
            guard case .active(let memory, let offset) = segment.mode else { continue }
            defer { head.pointee.droppedSegments[index] = true }
            if isInPlace { continue }
            let start = try evaluate(offset).low
            let record = head.pointee.memories[Int(memory)]
            let bytes = module.binary.bytes(in: segment.bytes)
            guard start <= UInt64(record.pointee.byteCount),
                UInt64(bytes.count) <= UInt64(record.pointee.byteCount) - start
            else { throw Trap(kind: .outOfBoundsMemoryAccess) }
            if let source = bytes.baseAddress, bytes.count > 0 {
                (record.pointee.base + Int(start)).copyMemory(from: source, byteCount: bytes.count)
            }
        }
    }

    private func dropElementSegment(_ index: Int) {
        head.pointee.droppedSegments[module.dataSegments.count + index] = true
    }

    // MARK: Constant expressions

    /// The value of a constant expression.
    private func evaluate(_ expression: ConstantExpression) throws(Trap) -> GlobalCell {
        var stack: [GlobalCell] = []
        func push(_ low: UInt64, _ high: UInt64 = 0) { stack.append(GlobalCell(low: low, high: high)) }
        func binary32(_ operation: (UInt32, UInt32) -> UInt32) {
            let right = UInt32(truncatingIfNeeded: stack.removeLast().low)
            let left = UInt32(truncatingIfNeeded: stack.removeLast().low)
            push(UInt64(operation(left, right)))
        }
        func binary64(_ operation: (UInt64, UInt64) -> UInt64) {
            let right = stack.removeLast().low
            push(operation(stack.removeLast().low, right))
        }
        for instruction in module.instructions(of: expression) {
            switch instruction {
            case .i32(let value): push(UInt64(value))
            case .i64(let value): push(value)
            case .f32(let bits): push(UInt64(bits))
            case .f64(let bits): push(bits)
            case .v128(let low, let high): push(low, high)
            case .referenceNull: push(0)
            case .referenceFunction(let index):
                push(UInt64(UInt(bitPattern: context.functionRecord(Int(index)))))
            case .globalGet(let index):
                stack.append(head.pointee.globals[Int(index)].load(as: GlobalCell.self))
            case .i32Add: binary32 { $0 &+ $1 }
            case .i32Subtract: binary32 { $0 &- $1 }
            case .i32Multiply: binary32 { $0 &* $1 }
            case .i64Add: binary64 { $0 &+ $1 }
            case .i64Subtract: binary64 { $0 &- $1 }
            case .i64Multiply: binary64 { $0 &* $1 }
            case .referenceI31: push((stack.removeLast().low & 0x7FFF_FFFF) << 1 | 1)
            case .anyConvertExternal, .externalConvertAny: break
            case .structureNew(let type):
                let layout = translated.code.objectLayout(of: type)
                let object = try makeObject(layout, 0)
                for field in layout.pointee.fields.reversed() {
                    var value = stack.removeLast()
                    field.storage.store(&value, to: object + field.offset)
                }
                push(UInt64(UInt(bitPattern: object)))
            case .structureNewDefault(let type):
                push(UInt64(UInt(bitPattern: try makeObject(translated.code.objectLayout(of: type), 0))))
            case .arrayNew(let type):
                let count = UInt32(truncatingIfNeeded: stack.removeLast().low)
                let value = stack.removeLast()
                push(try makeArray(type, CollectionOfOne(value), repeated: Int(count)))
            case .arrayNewDefault(let type):
                let count = UInt32(truncatingIfNeeded: stack.removeLast().low)
                push(UInt64(UInt(bitPattern: try makeObject(translated.code.objectLayout(of: type), count))))
            case .arrayNewFixed(let type, let count):
                let values = Array(stack.suffix(Int(count)))
                stack.removeLast(Int(count))
                push(try makeArray(type, values, repeated: 1))
            }
        }
        return stack.removeLast()
    }

    /// Makes an object. There is no collection meanwhile: references are held here, unseen by the collector.
    private func makeObject(
        _ layout: UnsafePointer<ObjectLayout>, _ count: UInt32
    ) throws(Trap) -> UnsafeMutableRawPointer {
        guard let object = store.allocate(layout, elementCount: count, stackEnd: { nil }) else {
            store.noteReached(.heap)
            throw Trap(kind: .heapExhausted, limitDescriptions: store.limitDescriptions)
        }
        return object
    }

    /// Makes an array of some values, all of them so many times in a row; how many that are, the module alone decides.
    private func makeArray(
        _ type: CanonicalType, _ values: some Collection<GlobalCell>, repeated count: Int
    ) throws(Trap) -> UInt64 {
        let layout = translated.code.objectLayout(of: type)
        let object = try makeObject(layout, UInt32(values.count * count))
        guard let element = layout.pointee.element else { preconditionFailure("arrays have elements") }
        var place = object + HeapObject.headerByteCount
        for _ in 0..<count {
            for value in values {
                var value = value
                element.store(&value, to: place)
                place += layout.pointee.byteCount
            }
        }
        return UInt64(UInt(bitPattern: object))
    }
}
