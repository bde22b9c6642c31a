import WebAssembly

/// Throwing. Catching takes no instructions: it is found in tables.
enum ExceptionHandlers {
    /// An exception of values from the slot at 8 on; the tag's index at 12, the layout at 16; 24 bytes.
    static let `throw`: Handler = {
        var state = State($0, $1, $2, $3, $4, $5, $6)
        let exception = makeException(state.code, state.frame, state.context)
        if _slowPath(exception == 0) { return state.trap(.heapExhausted) }
        guard raise(exception, state.code, state.frame, state.context) else { return }
        state.resume()
        return state.reloadingMemory().dispatch()
    }

    /// The exception in the slot at 8; 16 bytes.
    static let throwReference: Handler = {
        var state = State($0, $1, $2, $3, $4, $5, $6)
        let exception = state.get64(8)
        if _slowPath(exception == 0) { return state.trap(.nullExceptionReference) }
        guard raise(exception, state.code, state.frame, state.context) else { return }
        state.resume()
        return state.reloadingMemory().dispatch()
    }
}

extension State {
    /// Goes to where ``raise(_:_:_:_:)`` found that the exception is caught.
    @inline(__always)
    mutating func resume() {
        let machine = self.machine
        code = machine.pointee.exitCode.unsafelyUnwrapped
        frame = machine.pointee.exitFrame.unsafelyUnwrapped
        context = machine.pointee.exitContext.unsafelyUnwrapped
    }
}

@inline(never)
private func makeException(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer
) -> UInt64 {
    let head = context.assumingMemoryBound(to: InstanceContext.self)
    let layout = code.load(fromByteOffset: 16, as: UnsafePointer<ObjectLayout>.self)
    let tag = head.pointee.tags[Int(code.load(fromByteOffset: 12, as: UInt32.self))]
    guard let object = allocateObject(layout, 0, code, frame, context) else { return 0 }
    object.storeBytes(
        of: tag, toByteOffset: HeapObject.headerByteCount, as: UnsafeMutablePointer<TagRecord>.self)
    var slot = frame + Int(code.load(fromByteOffset: 8, as: UInt16.self)) * 8
    for field in layout.pointee.fields {
        field.storage.store(slot, to: object + field.offset)
        slot += field.storage.unpacked.slotCount * 8
    }
    return UInt64(UInt(bitPattern: object))
}

/// Finds what catches an exception and notes it in the machine's exit fields; false if nothing does, execution then
/// being ended.
@inline(never)
func raise(
    _ exception: UInt64, _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer,
    _ context: UnsafeMutableRawPointer
) -> Bool {
    let machine = context.assumingMemoryBound(to: InstanceContext.self).pointee.machine
    return machine.pointee.store._withUnsafeGuaranteedRef { store in
        let crossings = machine.pointee.crossingTop
        if let resumption = store.unwind(exception, code: code, frame: frame, context: context) {
            machine.pointee.exitCode = resumption.code
            machine.pointee.exitFrame = resumption.frame
            machine.pointee.exitContext = resumption.context
            return true
        }
        // The calls are described as they were.
        machine.pointee.crossingTop = crossings
        store.pendingException = exception
        trap(code, frame, context, .exception)
        return false
    }
}

/// Makes an object for an instruction.
@inline(never)
func allocateObject(
    _ layout: UnsafePointer<ObjectLayout>, _ count: UInt32, _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer,
    _ context: UnsafeMutableRawPointer
) -> UnsafeMutableRawPointer? {
    let head = context.assumingMemoryBound(to: InstanceContext.self)
    return head.pointee.machine.pointee.store._withUnsafeGuaranteedRef { store in
        store.allocate(layout, elementCount: count) {
            head.pointee.translated._withUnsafeGuaranteedRef { translated in
                guard let function = translated.code.function(at: code) else { return nil }
                return frame
                    + FrameRequirement.byteCount(of: UnsafeRawPointer(function.start) + FrameRequirement.wordByteCount)
            }
        }
    }
}
