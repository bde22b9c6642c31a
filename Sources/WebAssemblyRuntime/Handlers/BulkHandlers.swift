import WebAssembly

// Operations on whole ranges of memories and tables, and growing them: 24 bytes, slots at 8, 10 and 12, immediates of
// 32 bits at 16 and 20. None of them is a leaf: the work is done by functions that say why it cannot be.

/// What a function outside of the handlers found.
typealias Outcome = ExitReason

extension State {
    /// Goes on, or ends execution.
    @inline(__always)
    func conclude(_ outcome: Outcome, _ byteCount: Int) {
        if outcome != .returned { return trap(outcome) }
        return next(byteCount)
    }
}

enum BulkHandlers {
    // MARK: Memories

    /// The number of pages, into 8; the memory's index at 16.
    static let memorySize: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let record = state.instance.pointee.memories[Int(state.operand32(16))]
        let pages = UInt64(record.pointee.byteCount) >> 16
        state.set64(8, pages)
        return state.next(24, accumulator: pages)
    }

    /// Grows by the pages at 10; the old number, or -1, into 8.
    static let memoryGrow: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let result = growMemory(state.context, Int(state.operand32(16)), state.get64(10))
        state.set64(8, result)
        return state.reloadingMemory().next(24)
    }

    /// To the address at 8 from that at 10, the bytes at 12; the memories' indices at 16 and 20.
    static let memoryCopy: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let outcome = copyMemory(
            state.context, Int(state.operand32(16)), Int(state.operand32(20)), state.get64(8), state.get64(10),
            state.get64(12))
        return state.conclude(outcome, 24)
    }

    static let memoryFill: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let outcome = fillMemory(
            state.context, Int(state.operand32(16)), state.get64(8), state.get32(10), state.get64(12))
        return state.conclude(outcome, 24)
    }

    /// The memory's index at 16, the segment's at 20.
    static let memoryInit: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let outcome = initializeMemory(
            state.context, Int(state.operand32(16)), Int(state.operand32(20)), state.get64(8), state.get32(10),
            state.get32(12))
        return state.conclude(outcome, 24)
    }

    /// Drops a segment: its place among those of data and then of elements at 16.
    static let drop: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        state.instance.pointee.droppedSegments[Int(state.operand32(16))] = true
        state.instance.pointee.hasDroppedSegments = true
        return state.next(24)
    }

    // MARK: Tables: where the address of one stands at 16

    static let tableGet: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let table = state.table(16)
        let index = state.get64(10)
        if _slowPath(index >= UInt64(table.pointee.count)) { return state.trap(.outOfBoundsTableAccess) }
        let element = table.pointee.elements[Int(truncatingIfNeeded: index)]
        if _slowPath(element == 0), table.pointee.pending != nil {
            return completeElementsAndRepeat($0, $1, $2, $3, $4, $5, $6)
        }
        state.set64(8, element)
        return state.next(24, accumulator: element)
    }

    /// At the index at 8 the reference at 10.
    static let tableSet: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let table = state.table(16)
        let index = state.get64(8)
        if _slowPath(index >= UInt64(table.pointee.count)) { return state.trap(.outOfBoundsTableAccess) }
        if _slowPath(table.pointee.pending != nil) {
            return completeElementsAndRepeat($0, $1, $2, $3, $4, $5, $6)
        }
        table.pointee.elements[Int(truncatingIfNeeded: index)] = state.get64(10)
        table.pointee.isChanged = true
        return state.next(24)
    }

    static let tableSize: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let count = UInt64(state.table(16).pointee.count)
        state.set64(8, count)
        return state.next(24, accumulator: count)
    }

    /// By the number at 10 with the reference at 12; the old size, or -1, into 8.
    static let tableGrow: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let result = growTable(state.context, state.table(16), state.get64(10), state.get64(12))
        state.set64(8, result)
        return state.next(24)
    }

    /// From the index at 8 on the reference at 10, as often as 12 says.
    static let tableFill: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let outcome = fillTable(
            state.context, state.table(16), state.get64(8), state.get64(10), state.get64(12))
        return state.conclude(outcome, 24)
    }

    /// The target's address at 16, the source's at 20.
    static let tableCopy: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let outcome = copyTable(
            state.context, state.table(16), state.table(20), state.get64(8), state.get64(10), state.get64(12))
        return state.conclude(outcome, 24)
    }

    /// The segment's index at 20.
    static let tableInit: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let outcome = initializeTable(
            state.context, state.table(16), Int(state.operand32(20)), state.get64(8), state.get32(10), state.get32(12))
        return state.conclude(outcome, 24)
    }

    // MARK: References

    /// A reference to the function whose index is at 12, into 8; 16 bytes.
    static let functionReference: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let reference = makeFunctionReference(state.context, Int(state.operand32(12)))
        state.set64(8, reference)
        return state.next(16, accumulator: reference)
    }

    /// Traps if the reference at 8 is null, for the reason at 12; 16 bytes.
    static let trapIfNull: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        if _slowPath(state.get64(8) == 0) { return state.trap(.nullReference) }
        return state.next(16)
    }
}

extension State {
    /// The table whose address stands where the operand at `offset` says.
    @inline(__always)
    func table(_ offset: Int) -> UnsafeMutablePointer<TableRecord> {
        context.load(fromByteOffset: Int(operand32(offset)), as: UnsafeMutablePointer<TableRecord>.self)
    }
}

extension UnsafeMutableRawPointer {
    fileprivate var head: UnsafeMutablePointer<InstanceContext> {
        assumingMemoryBound(to: InstanceContext.self)
    }
}

/// Whether a range lies within a size.
@inline(__always)
private func contains(_ size: UInt, _ start: UInt64, _ count: UInt64) -> Bool {
    start <= UInt64(size) && count <= UInt64(size) &- start
}

/// Does something to all bytes or elements of a range, in pieces if there are many, so that a request to end the guest
/// is seen between them.
@inline(__always)
func inPieces(
    _ context: UnsafeMutableRawPointer, _ count: UInt64, of size: Int, backwards: Bool = false,
    _ body: (_ start: Int, _ count: Int) -> Void
) -> Outcome {
    let count = Int(count)
    let most = (1 << 20) / size
    if count <= most {
        body(0, count)
        return .returned
    }
    let machine = context.head.pointee.machine
    var done = 0
    while done < count {
        if machine.pointee.interruptRequest != 0 { return .interrupted }
        let piece = min(most, count - done)
        body(backwards ? count - done - piece : done, piece)
        done += piece
    }
    return .returned
}

@inline(never)
private func growMemory(_ context: UnsafeMutableRawPointer, _ index: Int, _ pages: UInt64) -> UInt64 {
    let record = context.head.pointee.memories[index]
    let grown = context.head.pointee.machine.pointee.store._withUnsafeGuaranteedRef { store in
        store.grow(record, byPageCount: pages)
    }
    return grown ?? (record.pointee.is64Bit ? UInt64.max : UInt64(UInt32.max))
}

@inline(never)
private func copyMemory(
    _ context: UnsafeMutableRawPointer, _ target: Int, _ source: Int, _ to: UInt64, _ from: UInt64, _ count: UInt64
) -> Outcome {
    let target = context.head.pointee.memories[target]
    let source = context.head.pointee.memories[source]
    guard contains(target.pointee.byteCount, to, count), contains(source.pointee.byteCount, from, count) else {
        return .outOfBoundsMemoryAccess
    }
    let (first, origin) = (target.pointee.base + Int(to), source.pointee.base + Int(from))
    // What is still to be read must not have been written.
    return inPieces(context, count, of: 1, backwards: first > origin) { start, count in
        (first + start).copyMemory(from: origin + start, byteCount: count)
    }
}

@inline(never)
private func fillMemory(
    _ context: UnsafeMutableRawPointer, _ index: Int, _ start: UInt64, _ value: UInt32, _ count: UInt64
) -> Outcome {
    let record = context.head.pointee.memories[index]
    guard contains(record.pointee.byteCount, start, count) else { return .outOfBoundsMemoryAccess }
    let target = record.pointee.base + Int(start)
    let value = UInt8(truncatingIfNeeded: value)
    return inPieces(context, count, of: 1) { start, count in
        (target + start).initializeMemory(as: UInt8.self, repeating: value, count: count)
    }
}

@inline(never)
private func initializeMemory(
    _ context: UnsafeMutableRawPointer, _ index: Int, _ segment: Int, _ to: UInt64, _ from: UInt32, _ count: UInt32
) -> Outcome {
    let record = context.head.pointee.memories[index]
    let isDropped = context.head.pointee.droppedSegments[segment]
    return context.head.pointee.translated._withUnsafeGuaranteedRef { translated in
        let range = translated.module.dataSegments[segment].bytes
        guard contains(isDropped ? 0 : UInt(range.count), UInt64(from), UInt64(count)),
            contains(record.pointee.byteCount, to, UInt64(count))
        else { return .outOfBoundsMemoryAccess }
        let bytes = translated.module.binary.bytes(in: range)
        if count > 0, let start = bytes.baseAddress {
            (record.pointee.base + Int(to)).copyMemory(from: start + Int(from), byteCount: Int(count))
        }
        return .returned
    }
}

@inline(never)
private func growTable(
    _ context: UnsafeMutableRawPointer, _ table: UnsafeMutablePointer<TableRecord>, _ count: UInt64, _ element: UInt64
) -> UInt64 {
    let grown = context.head.pointee.machine.pointee.store._withUnsafeGuaranteedRef { store in
        store.grow(table, by: count, with: element)
    }
    return grown ?? (table.pointee.is64Bit ? UInt64.max : UInt64(UInt32.max))
}

@inline(never)
private func fillTable(
    _ context: UnsafeMutableRawPointer, _ table: UnsafeMutablePointer<TableRecord>, _ start: UInt64, _ element: UInt64,
    _ count: UInt64
) -> Outcome {
    guard contains(table.pointee.count, start, count) else { return .outOfBoundsTableAccess }
    table.completeElements()
    let target = table.pointee.elements + Int(start)
    table.pointee.isChanged = true
    return inPieces(context, count, of: 8) { start, count in
        (target + start).update(repeating: element, count: count)
    }
}

@inline(never)
private func copyTable(
    _ context: UnsafeMutableRawPointer, _ target: UnsafeMutablePointer<TableRecord>,
    _ source: UnsafeMutablePointer<TableRecord>, _ to: UInt64, _ from: UInt64, _ count: UInt64
) -> Outcome {
    guard contains(target.pointee.count, to, count), contains(source.pointee.count, from, count) else {
        return .outOfBoundsTableAccess
    }
    target.completeElements()
    source.completeElements()
    let (first, origin) = (target.pointee.elements + Int(to), source.pointee.elements + Int(from))
    target.pointee.isChanged = true
    return inPieces(context, count, of: 8, backwards: first > origin) { start, count in
        (first + start).update(from: origin + start, count: count)
    }
}

@inline(never)
private func initializeTable(
    _ context: UnsafeMutableRawPointer, _ table: UnsafeMutablePointer<TableRecord>, _ segment: Int, _ to: UInt64,
    _ from: UInt32, _ count: UInt32
) -> Outcome {
    context.head.pointee.translated._withUnsafeGuaranteedRef { translated in
        let isDropped = context.head.pointee.droppedSegments[translated.module.dataSegments.count + segment]
        let items = translated.module.elementSegments[segment].items
        guard contains(isDropped ? 0 : UInt(items.count), UInt64(from), UInt64(count)),
            contains(table.pointee.count, to, UInt64(count))
        else { return .outOfBoundsTableAccess }
        table.completeElements()
        let target = table.pointee.elements + Int(to)
        table.pointee.isChanged = true
        for index in 0..<Int(count) {
            target[index] = elementSegmentItem(context, translated, segment, Int(from) + index)
        }
        return .returned
    }
}

/// An element of a passive segment that was not dropped.
func elementSegmentItem(
    _ context: UnsafeMutableRawPointer, _ translated: TranslatedModule, _ segment: Int, _ index: Int
) -> UInt64 {
    if let evaluated = context.head.pointee.elementSegments[segment] { return evaluated[index] }
    guard case .functions(let functions) = translated.module.elementSegments[segment].items else { return 0 }
    return UInt64(UInt(bitPattern: context.functionRecord(Int(functions[index]))))
}

@inline(never)
private func makeFunctionReference(_ context: UnsafeMutableRawPointer, _ index: Int) -> UInt64 {
    UInt64(UInt(bitPattern: context.functionRecord(index)))
}

/// Puts the pending elements of the table at 16 into their places, and executes the instruction once more. It stands outside
/// of the handlers so that what is usual needs no registers to be saved.
@inline(never)
private func completeElementsAndRepeat(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ memory: UnsafeMutableRawPointer, _ size: UInt,
    _ context: UnsafeMutableRawPointer, _ accumulator: UInt64, _ float: Double
) {
    let state = State(code, frame, memory, size, context, accumulator, float)
    state.table(16).completeElements()
    return state.dispatch()
}
