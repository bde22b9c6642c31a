import WebAssembly

// Structures, arrays and casts. Making objects and working on ranges is done by functions outside of the handlers.

extension State {
    /// The object in the slot whose number stands at `offset`, or nil for null.
    @inline(__always)
    func object(_ offset: Int) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: UInt(get64(offset)))
    }
}

enum ObjectHandlers {
    // MARK: Making: the layout at 16; the result into 8

    /// A structure of the values from the slot at 10 on, or of zeros if 12 is zero; 24 bytes.
    static let structureNew: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let reference = makeStructure(state.code, state.frame, state.context)
        if _slowPath(reference == 0) { return state.trap(.heapExhausted) }
        state.set64(8, reference)
        return state.next(24, accumulator: reference)
    }

    /// An array of as many elements as the slot at 12 says, of the value in the slot at 10, or zero if 14 is zero;
    /// 24 bytes.
    static let arrayNew: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let reference = makeArray(state.code, state.frame, state.context)
        if _slowPath(reference == 0) { return state.trap(.heapExhausted) }
        state.set64(8, reference)
        return state.next(24, accumulator: reference)
    }

    /// An array of the values from the slot at 10 on, as many as 12 says; 24 bytes.
    static let arrayNewFixed: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let reference = makeFixedArray(state.code, state.frame, state.context)
        if _slowPath(reference == 0) { return state.trap(.heapExhausted) }
        state.set64(8, reference)
        return state.next(24, accumulator: reference)
    }

    /// An array of a segment's bytes or elements, from the place in the slot at 10, as many as that at 12 says; the
    /// segment at 24; 32 bytes.
    static let arrayNewSegment: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let outcome = makeSegmentArray(state.code, state.frame, state.context)
        return state.conclude(outcome, 32)
    }

    // MARK: Structures: a field's distance from the object's beginning at 12

    @inline(__always)
    private static func get<Stored: BitwiseCopyable>(
        _ state: State, _ type: Stored.Type, _ extend: (Stored) -> UInt64
    ) {
        guard let object = state.object(10) else { return state.trap(.nullStructureReference) }
        let value = extend((object + Int(state.operand32(12))).load(as: Stored.self))
        state.set64(8, value)
        return state.next(16, accumulator: value)
    }

    @inline(__always)
    private static func set<Stored: BitwiseCopyable>(_ state: State, _ type: Stored.Type) {
        guard let object = state.object(8) else { return state.trap(.nullStructureReference) }
        (object + Int(state.operand32(12))).storeBytes(of: state.slot(10).load(as: Stored.self), as: Stored.self)
        return state.next(16)
    }

    static let getByte: Handler = { get(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) { UInt64($0) } }
    static let getSignedByte: Handler = {
        get(State($0, $1, $2, $3, $4, $5, $6), Int8.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    static let getHalf: Handler = { get(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) { UInt64($0) } }
    static let getSignedHalf: Handler = {
        get(State($0, $1, $2, $3, $4, $5, $6), Int16.self) { UInt64(UInt32(bitPattern: Int32($0))) }
    }
    static let getWord: Handler = { get(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) { UInt64($0) } }
    static let getLong: Handler = { get(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) { $0 } }
    static let getVector: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let object = state.object(10) else { return state.trap(.nullStructureReference) }
        let value = (object + Int(state.operand32(12))).load(as: SIMD2<UInt64>.self)
        state.slot(8).storeBytes(of: value, as: SIMD2<UInt64>.self)
        return state.next(16)
    }
    static let setByte: Handler = { set(State($0, $1, $2, $3, $4, $5, $6), UInt8.self) }
    static let setHalf: Handler = { set(State($0, $1, $2, $3, $4, $5, $6), UInt16.self) }
    static let setWord: Handler = { set(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    static let setLong: Handler = { set(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    static let setVector: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let object = state.object(8) else { return state.trap(.nullStructureReference) }
        let value = state.slot(10).loadUnaligned(as: SIMD2<UInt64>.self)
        (object + Int(state.operand32(12))).storeBytes(of: value, as: SIMD2<UInt64>.self)
        return state.next(16)
    }

    // MARK: Arrays

    /// The element at the index at 12 of the array at 10; how to extend it at 14: 0 by zeros, 1 by the sign.
    static let arrayGet: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let object = state.object(10) else { return state.trap(.nullArrayReference) }
        let head = object.assumingMemoryBound(to: HeapObject.self)
        let index = state.get32(12)
        if _slowPath(index >= head.pointee.count) { return state.trap(.outOfBoundsArrayAccess) }
        let size = head.pointee.layout.unsafelyUnwrapped.pointee.byteCount
        let place = object + HeapObject.headerByteCount + Int(index) &* size
        let isSigned = state.operand16(14) != 0
        let value: UInt64
        switch size {
        case 1:
            let bits = place.load(as: UInt8.self)
            value = isSigned ? UInt64(UInt32(bitPattern: Int32(Int8(bitPattern: bits)))) : UInt64(bits)
        case 2:
            let bits = place.load(as: UInt16.self)
            value = isSigned ? UInt64(UInt32(bitPattern: Int32(Int16(bitPattern: bits)))) : UInt64(bits)
        case 4: value = UInt64(place.load(as: UInt32.self))
        case 8: value = place.load(as: UInt64.self)
        default:
            value = place.load(as: UInt64.self)
            let high = place.load(fromByteOffset: 8, as: UInt64.self)
            state.slot(8).storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
        }
        state.set64(8, value)
        return state.next(16)
    }

    /// In the array at 8, at the index at 10, the value at 12.
    static let arraySet: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let object = state.object(8) else { return state.trap(.nullArrayReference) }
        let head = object.assumingMemoryBound(to: HeapObject.self)
        let index = state.get32(10)
        if _slowPath(index >= head.pointee.count) { return state.trap(.outOfBoundsArrayAccess) }
        let size = head.pointee.layout.unsafelyUnwrapped.pointee.byteCount
        let place = object + HeapObject.headerByteCount + Int(index) &* size
        let value = state.get64(12)
        switch size {
        case 1: place.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
        case 2: place.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
        case 4: place.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
        case 8: place.storeBytes(of: value, as: UInt64.self)
        default:
            place.storeBytes(of: value, as: UInt64.self)
            let high = state.slot(12).load(fromByteOffset: 8, as: UInt64.self)
            place.storeBytes(of: high, toByteOffset: 8, as: UInt64.self)
        }
        return state.next(16)
    }

    static let arrayLength: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        guard let object = state.object(10) else { return state.trap(.nullArrayReference) }
        let count = UInt64(object.assumingMemoryBound(to: HeapObject.self).pointee.count)
        state.set64(8, count)
        return state.next(16, accumulator: count)
    }

    /// The array at 8, the first index at 10, the value at 12, the number at 14.
    static let arrayFill: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return state.conclude(fillArray(state.code, state.frame, state.context), 16)
    }

    /// The target array, its index, the source array and its index at 8 to 14, the number at 16; 24 bytes.
    static let arrayCopy: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return state.conclude(copyArray(state.code, state.frame, state.context), 24)
    }

    /// The array, its index, the segment's place and the number at 8 to 14, the segment at 16; 24 bytes.
    static let arrayInitialize: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        return state.conclude(initializeArray(state.code, state.frame, state.context), 24)
    }

    // MARK: References

    static let makeI31: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let reference = UInt64(state.get32(10) & 0x7FFF_FFFF) << 1 | 1
        state.set64(8, reference)
        return state.next(16, accumulator: reference)
    }

    static let i31GetSigned: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let reference = state.get64(10)
        if _slowPath(reference == 0) { return state.trap(.nullI31Reference) }
        let value = UInt64(UInt32(bitPattern: Int32(bitPattern: UInt32(truncatingIfNeeded: reference)) >> 1))
        state.set64(8, value)
        return state.next(16, accumulator: value)
    }

    static let i31GetUnsigned: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let reference = state.get64(10)
        if _slowPath(reference == 0) { return state.trap(.nullI31Reference) }
        let value = UInt64(UInt32(truncatingIfNeeded: reference) >> 1)
        state.set64(8, value)
        return state.next(16, accumulator: value)
    }

    /// Whether the reference at 10 is of the type whose place stands at 16, null being so if 12 is not zero; 24 bytes.
    static let test: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        let result: UInt64 = conforms(state.code, state.get64(10)) ? 1 : 0
        state.set64(8, result)
        return state.next(24, accumulator: result)
    }

    /// Traps unless the reference at 10 is; 24 bytes.
    static let cast: Handler = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        if _slowPath(!conforms(state.code, state.get64(10))) { return state.trap(.castFailure) }
        return state.next(24)
    }
}

@inline(never)
private func conforms(_ code: UnsafeRawPointer, _ reference: UInt64) -> Bool {
    if reference == 0 { return code.load(fromByteOffset: 12, as: UInt32.self) != 0 }
    return isReference(reference, of: code.load(fromByteOffset: 16, as: UnsafePointer<HeapType>.self).pointee)
}

// What the instruction at `code` says.

@inline(__always)
private func slot(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ offset: Int
) -> UnsafeMutableRawPointer {
    frame + Int(code.load(fromByteOffset: offset, as: UInt16.self)) * 8
}

@inline(__always)
private func layout(_ code: UnsafeRawPointer) -> UnsafePointer<ObjectLayout> {
    code.load(fromByteOffset: 16, as: UnsafePointer<ObjectLayout>.self)
}

@inline(never)
private func makeStructure(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> UInt64 {
    let layout = layout(code)
    guard let object = allocateObject(layout, 0, code, frame, context) else { return 0 }
    if code.load(fromByteOffset: 12, as: UInt32.self) != 0 {
        var source = slot(code, frame, 10)
        for field in layout.pointee.fields {
            field.storage.store(source, to: object + field.offset)
            source += field.storage.unpacked.slotCount * 8
        }
    }
    return UInt64(UInt(bitPattern: object))
}

@inline(never)
private func makeArray(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> UInt64 {
    let layout = layout(code)
    let count = slot(code, frame, 12).load(as: UInt32.self)
    guard let object = allocateObject(layout, count, code, frame, context) else { return 0 }
    if code.load(fromByteOffset: 14, as: UInt16.self) != 0, let element = layout.pointee.element {
        fill(object + HeapObject.headerByteCount, element, with: slot(code, frame, 10), Int(count))
    }
    return UInt64(UInt(bitPattern: object))
}

/// Sets elements to the value in a slot.
private func fill(
    _ place: UnsafeMutableRawPointer, _ element: StorageType, with value: UnsafeMutableRawPointer, _ count: Int
) {
    switch element.size {
    case 1: place.initializeMemory(as: UInt8.self, repeating: value.load(as: UInt8.self), count: count)
    case 2: place.initializeMemory(as: UInt16.self, repeating: value.load(as: UInt16.self), count: count)
    case 4: place.initializeMemory(as: UInt32.self, repeating: value.load(as: UInt32.self), count: count)
    case 8: place.initializeMemory(as: UInt64.self, repeating: value.load(as: UInt64.self), count: count)
    default:
        for index in 0..<count { element.store(value, to: place + index * 16) }
    }
}

@inline(never)
private func makeFixedArray(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> UInt64 {
    let layout = layout(code)
    let count = code.load(fromByteOffset: 12, as: UInt32.self)
    guard let object = allocateObject(layout, count, code, frame, context), let element = layout.pointee.element else {
        return 0
    }
    let stride = element.unpacked.slotCount * 8
    let source = slot(code, frame, 10)
    for index in 0..<Int(count) {
        element.store(
            source + index * stride, to: object + HeapObject.headerByteCount + index * layout.pointee.byteCount)
    }
    return UInt64(UInt(bitPattern: object))
}

@inline(never)
private func makeSegmentArray(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> Outcome {
    let layout = layout(code)
    let start = slot(code, frame, 10).load(as: UInt32.self)
    let count = slot(code, frame, 12).load(as: UInt32.self)
    let segment = Int(code.load(fromByteOffset: 24, as: UInt32.self))
    // The segment decides before anything is made.
    let checked = copySegment(context, layout, segment, from: start, count, to: nil)
    guard checked == .returned else { return checked }
    guard let object = allocateObject(layout, count, code, frame, context) else { return .heapExhausted }
    _ = copySegment(context, layout, segment, from: start, count, to: object + HeapObject.headerByteCount)
    slot(code, frame, 8).storeBytes(of: UInt64(UInt(bitPattern: object)), as: UInt64.self)
    return .returned
}

/// Copies from a data segment, or an element segment if the elements are references, or only checks that it could.
private func copySegment(
    _ context: UnsafeMutableRawPointer, _ layout: UnsafePointer<ObjectLayout>, _ segment: Int, from start: UInt32,
    _ count: UInt32, to target: UnsafeMutableRawPointer?
) -> Outcome {
    let head = context.assumingMemoryBound(to: InstanceContext.self)
    return head.pointee.translated._withUnsafeGuaranteedRef { translated in
        let module = translated.module
        if layout.pointee.hasReferences {
            let isDropped = head.pointee.droppedSegments[module.dataSegments.count + segment]
            let available = isDropped ? 0 : module.elementSegments[segment].items.count
            guard Int(start) + Int(count) <= available else { return .outOfBoundsTableAccess }
            guard let target else { return .returned }
            for index in 0..<Int(count) {
                let item = elementSegmentItem(context, translated, segment, Int(start) + index)
                target.storeBytes(of: item, toByteOffset: index * 8, as: UInt64.self)
            }
            return .returned
        }
        let range = module.dataSegments[segment].bytes
        let available = head.pointee.droppedSegments[segment] ? 0 : range.count
        let byteCount = Int(count) * layout.pointee.byteCount
        guard Int(start) + byteCount <= available else { return .outOfBoundsMemoryAccess }
        if let target, byteCount > 0, let source = module.binary.bytes(in: range).baseAddress {
            target.copyMemory(from: source + Int(start), byteCount: byteCount)
        }
        return .returned
    }
}

/// An array and how many elements it has; nil for null.
@inline(__always)
private func array(
    _ slot: UnsafeMutableRawPointer
) -> (layout: UnsafePointer<ObjectLayout>, count: UInt64, elements: UnsafeMutableRawPointer)? {
    guard let object = slot.load(as: UnsafeMutableRawPointer?.self) else { return nil }
    let head = object.assumingMemoryBound(to: HeapObject.self)
    return (
        head.pointee.layout.unsafelyUnwrapped, UInt64(head.pointee.count), object + HeapObject.headerByteCount
    )
}

@inline(never)
private func fillArray(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> Outcome {
    guard let target = array(slot(code, frame, 8)) else { return .nullArrayReference }
    let start = UInt64(slot(code, frame, 10).load(as: UInt32.self))
    let count = UInt64(slot(code, frame, 14).load(as: UInt32.self))
    guard start + count <= target.count, let element = target.layout.pointee.element else {
        return .outOfBoundsArrayAccess
    }
    let size = target.layout.pointee.byteCount
    let place = target.elements + Int(start) * size
    return inPieces(context, count, of: size) { start, count in
        fill(place + start * size, element, with: slot(code, frame, 12), count)
    }
}

@inline(never)
private func copyArray(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> Outcome {
    guard let target = array(slot(code, frame, 8)), let source = array(slot(code, frame, 12)) else {
        return .nullArrayReference
    }
    let to = UInt64(slot(code, frame, 10).load(as: UInt32.self))
    let from = UInt64(slot(code, frame, 14).load(as: UInt32.self))
    let count = UInt64(slot(code, frame, 16).load(as: UInt32.self))
    guard to + count <= target.count, from + count <= source.count else { return .outOfBoundsArrayAccess }
    let size = target.layout.pointee.byteCount
    let (first, origin) = (target.elements + Int(to) * size, source.elements + Int(from) * size)
    return inPieces(context, count, of: size, backwards: first > origin) { start, count in
        (first + start * size).copyMemory(from: origin + start * size, byteCount: count * size)
    }
}

@inline(never)
private func initializeArray(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> Outcome {
    guard let target = array(slot(code, frame, 8)) else { return .nullArrayReference }
    let to = UInt64(slot(code, frame, 10).load(as: UInt32.self))
    let from = slot(code, frame, 12).load(as: UInt32.self)
    let count = slot(code, frame, 14).load(as: UInt32.self)
    guard to + UInt64(count) <= target.count else { return .outOfBoundsArrayAccess }
    return copySegment(
        context, target.layout, Int(code.load(fromByteOffset: 16, as: UInt32.self)), from: from, count,
        to: target.elements + Int(to) * target.layout.pointee.byteCount)
}
