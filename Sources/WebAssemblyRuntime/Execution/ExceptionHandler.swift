import WebAssembly

/// A part of a function's code within which exceptions are caught.
struct ExceptionHandler {
    /// What to do with an exception.
    struct Clause {
        /// The index of the tag that the exception must have, or nil for any.
        let tag: Int?
        /// Where execution goes on, as a distance from the function's beginning.
        let target: Int
        /// The slot of the first of the exception's values, which the reference to it follows if asked for.
        let slot: Int
        let passesValues: Bool
        let passesReference: Bool
    }

    /// Distances from the function's beginning.
    let start: Int
    let end: Int
    /// How many blocks the handler's block is in.
    let depth: Int
    var clauses: [Clause]
    /// For `delegate`, the depth of the block that handles the exception.
    var delegate: Int?
    /// Where a legacy block keeps the exception for `rethrow`, or -1.
    let exceptionSlot: Int
}

extension Store {
    /// Where execution goes on after an exception was caught.
    struct Resumption {
        let code: UnsafeRawPointer
        let frame: UnsafeMutableRawPointer
        let context: UnsafeMutableRawPointer
    }

    /// Finds what catches an exception that was thrown at `code`, and hands it the values; nil if nothing does.
    func unwind(
        _ exception: UInt64, code: UnsafeRawPointer, frame: UnsafeMutableRawPointer, context: UnsafeMutableRawPointer
    ) -> Resumption? {
        guard let object = UnsafeMutableRawPointer(bitPattern: UInt(exception)) else { return nil }
        var (code, frame, context) = (code, frame, context)
        while true {
            let translated = Instance(context: context, store: self).translated
            guard let function = translated.code.function(at: code) else { return nil }
            if let clause = catching(object, in: function, at: code, context: context) {
                hand(object, to: clause, frame)
                return Resumption(
                    code: UnsafeRawPointer(function.start) + clause.target, frame: frame, context: context)
            }
            let header = frame + function.header * 8
            var next = header.load(as: UnsafeRawPointer.self)
            frame = header.load(fromByteOffset: 8, as: UnsafeMutableRawPointer.self)
            if next == StaticCode.returnToOtherInstance {
                machine.pointee.crossingTop -= 1
                next = machine.pointee.crossingTop.pointee.returnCode
                context = machine.pointee.crossingTop.pointee.context
            }
            if next == StaticCode.leave { return nil }
            code = next - 1
        }
    }

    private func catching(
        _ object: UnsafeMutableRawPointer, in function: TranslatedFunction, at code: UnsafeRawPointer,
        context: UnsafeMutableRawPointer
    ) -> (target: Int, slot: Int, passesValues: Bool, passesReference: Bool, exceptionSlot: Int)? {
        let distance = code - UnsafeRawPointer(function.start)
        let tags = context.assumingMemoryBound(to: InstanceContext.self).pointee.tags
        let tag = object.load(
            fromByteOffset: HeapObject.headerByteCount, as: UnsafeMutablePointer<TagRecord>.self)
        var deepest = Int.max
        for handler in function.handlers {
            guard handler.start <= distance, distance < handler.end, handler.depth <= deepest else { continue }
            if let delegate = handler.delegate {
                deepest = delegate
                continue
            }
            for clause in handler.clauses {
                guard clause.tag.map({ tags[$0] == tag }) ?? true else { continue }
                return (
                    clause.target, clause.slot, clause.passesValues, clause.passesReference, handler.exceptionSlot
                )
            }
        }
        return nil
    }

    private func hand(
        _ object: UnsafeMutableRawPointer,
        to clause: (target: Int, slot: Int, passesValues: Bool, passesReference: Bool, exceptionSlot: Int),
        _ frame: UnsafeMutableRawPointer
    ) {
        let reference = UInt64(UInt(bitPattern: object))
        var slot = frame + clause.slot * 8
        if clause.passesValues, let layout = object.assumingMemoryBound(to: HeapObject.self).pointee.layout {
            for field in layout.pointee.fields {
                field.storage.load(object + field.offset, to: slot)
                slot += field.storage.unpacked.slotCount * 8
            }
        }
        if clause.passesReference { slot.storeBytes(of: reference, as: UInt64.self) }
        if clause.exceptionSlot >= 0 {
            frame.storeBytes(of: reference, toByteOffset: clause.exceptionSlot * 8, as: UInt64.self)
        }
    }
}
