import WebAssembly

extension Store {
    /// Makes an object, collecting garbage first if it is time to.
    ///
    /// - Parameter stackEnd: Where the registers in use end, or nil if there must be no collection because references
    ///   are held elsewhere.
    /// - Returns: nil if the limit does not allow it.
    func allocate(
        _ layout: UnsafePointer<ObjectLayout>, elementCount: UInt32 = 0, stackEnd: () -> UnsafeMutableRawPointer?
    ) -> UnsafeMutableRawPointer? {
        if heap == nil { heap = Heap(byteLimit: limits.heapBytes) }
        guard let heap else { return nil }
        let (byteCount, overflow) =
            layout.pointee.kind == .array
            ? layout.pointee.byteCount.multipliedReportingOverflow(by: Int(elementCount))
            : (layout.pointee.byteCount, false)
        guard !overflow, byteCount <= limits.heapBytes else { return nil }
        if heap.wantsCollection(for: byteCount + HeapObject.headerByteCount), let end = stackEnd() {
            markRoots(in: heap, stackEnd: end)
            heap.sweep()
        }
        return heap.allocate(layout, payloadByteCount: byteCount, count: elementCount)
    }

    private func markRoots(in heap: Heap, stackEnd: UnsafeMutableRawPointer) {
        heap.mark(stack.base, stackEnd)
        for position in outerPositions { heap.mark(position.stack.base, position.top) }
        for position in suspendedPositions.values { heap.mark(position.stack.base, position.top) }
        heap.mark(pendingException)
        for cell in hostGlobals { heap.mark(cell.pointee.low) }
        for table in tables {
            heap.mark(table.pointee.elements, table.pointee.elements + Int(table.pointee.count))
        }
        for instance in instances {
            let (context, translated) = (instance.context, instance.translated)
            let head = context.assumingMemoryBound(to: InstanceContext.self)
            let cells = context + translated.layout.globalCells
            let count = translated.module.globals.count - translated.module.importedGlobalCount
            heap.mark(cells, cells + count * MemoryLayout<GlobalCell>.stride)
            for (index, segment) in translated.module.elementSegments.enumerated() {
                if let elements = head.pointee.elementSegments[index] {
                    heap.mark(elements, elements + segment.items.count)
                }
            }
        }
    }
}

extension ObjectReference {
    var isArray: Bool {
        UnsafePointer<HeapObject>(bitPattern: address)?.pointee.layout?.pointee.kind == .array
    }
}

/// Whether a reference that is not null is of a heap type.
func isReference(_ bits: UInt64, of type: HeapType) -> Bool {
    switch type {
    case .abstract(let abstract):
        switch abstract {
        case .any, .external, .function, .exception: return true
        case .none, .noFunction, .noExternal, .noException: return false
        case .i31: return bits & 1 != 0
        case .equatable: return bits & 2 == 0 || bits & 1 != 0
        case .structure: return objectLayout(bits)?.pointee.kind == .structure
        case .array: return objectLayout(bits)?.pointee.kind == .array
        }
    case .concrete(let concrete):
        if concrete.kind == .function {
            guard let record = UnsafePointer<FunctionRecord>(bitPattern: UInt(bits)) else { return false }
            return record.pointee.canonicalType.isSubtype(of: concrete)
        }
        return objectLayout(bits)?.pointee.type.isSubtype(of: concrete) ?? false
    }
}

/// The layout of the object that a reference of the hierarchy of `any` refers to, if it is one.
private func objectLayout(_ bits: UInt64) -> UnsafePointer<ObjectLayout>? {
    guard bits & 3 == 0 else { return nil }
    return UnsafePointer<HeapObject>(bitPattern: UInt(bits))?.pointee.layout
}
