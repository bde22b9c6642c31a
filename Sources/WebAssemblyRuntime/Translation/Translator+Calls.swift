import WebAssembly

// Calls.

extension Translator {
    mutating func translateCall(_ opcode: Opcode) {
        switch opcode {
        case .call:
            let index = reader.index()
            call(code.shapes[index], module.functionType(of: index)) { translator, frame, header in
                if index < translator.module.importedFunctionCount {
                    translator.emit(CallHandlers.callImport, frame, header, UInt32(index))
                } else {
                    let entry = UInt64(UInt(bitPattern: translator.code.entry(of: index)))
                    translator.emitWide(CallHandlers.call, frame, header, 0, entry)
                }
            }
        case .callIndirect:
            let (id, type, table) = readIndirect()
            let slot = UInt16(materialize(pop()))
            call(FrameShape(type), type) { translator, frame, header in
                translator.emitWide(
                    CallHandlers.callIndirect, frame, header, UInt32(slot),
                    UInt64(id) | UInt64(translator.tablePlace(table)) << 32)
            }
        case .callRef:
            let type = readFunctionType()
            let slot = UInt16(materialize(pop()))
            call(FrameShape(type), type) { translator, frame, header in
                translator.emit(CallHandlers.callReference, frame, header, UInt32(slot))
            }
        case .returnCall:
            let index = reader.index()
            tailCall(code.shapes[index]) { translator, frame, header, rest in
                if index < translator.module.importedFunctionCount {
                    translator.emitWide(CallHandlers.tailCallImport, frame, header, rest, UInt64(index))
                } else {
                    let entry = UInt64(UInt(bitPattern: translator.code.entry(of: index)))
                    translator.emitWide(CallHandlers.tailCall, frame, header, rest, entry)
                }
            }
        case .returnCallIndirect:
            let (id, type, table) = readIndirect()
            let slot = UInt16(materialize(pop()))
            tailCall(FrameShape(type)) { translator, frame, header, rest in
                translator.emitWide(
                    CallHandlers.tailCallIndirect, frame, header, rest,
                    UInt64(id) | UInt64(translator.tablePlace(table)) << 32)
                translator.buffer.append(UInt64(slot))
            }
        case .returnCallRef:
            let type = readFunctionType()
            let slot = UInt16(materialize(pop()))
            tailCall(FrameShape(type)) { translator, frame, header, rest in
                translator.emitWide(CallHandlers.tailCallReference, frame, header, rest, UInt64(slot))
            }
        default: preconditionFailure("not a call")
        }
    }

    /// The distance from the instance's beginning of the address of a table.
    func tablePlace(_ index: Int) -> UInt32 { UInt32(code.layout.tables + index * 8) }

    private mutating func readIndirect() -> (id: UInt32, type: FunctionType, table: Int) {
        let canonical = module.types[reader.index()]
        guard let type = canonical.functionType else { preconditionFailure("calls have function types") }
        return (canonical.id, type, reader.index())
    }

    private mutating func readFunctionType() -> FunctionType {
        guard let type = module.types[reader.index()].functionType else {
            preconditionFailure("calls have function types")
        }
        return type
    }

    /// Puts the arguments into the callee's frame, emits the call, and pushes the results.
    private mutating func call(
        _ shape: FrameShape, _ type: FunctionType, _ emit: (inout Translator, UInt16, UInt16) -> Void
    ) {
        let count = type.parameters.count
        settleTop(count)
        let frame = count > 0 ? stack[stack.count - count].home : nextHome
        // A function reference or an index may stand where the callee's header will; it is read before.
        slotCount = max(slotCount, frame + shape.header + FrameShape.headerSlotCount)
        noteOrigin()
        emit(&self, UInt16(truncatingIfNeeded: frame), UInt16(truncatingIfNeeded: shape.header))
        if slotCount >= Translator.slotLimit { failed = true }
        truncateStack(to: stack.count - count)
        for result in type.results { push(.home, result) }
        joinControl()
        if type.results.count == 1 {
            switch Effect(result: type.results[0]) {
            case .none: break
            case .accumulator: accumulatorSlot = frame
            case .float: floatSlot = frame
            }
        }
    }

    /// Puts the arguments where those of a call would be and has the callee take this function's place.
    private mutating func tailCall(
        _ shape: FrameShape, _ emit: (inout Translator, UInt16, UInt16, UInt32) -> Void
    ) {
        var slots = 0
        var first = stack.count
        while slots < shape.parameterSlotCount {
            first -= 1
            slots += stack[first].type.slotCount
        }
        settleTop(stack.count - first)
        let frame = first < stack.count ? stack[first].home : nextHome
        slotCount = max(slotCount, frame + shape.header + FrameShape.headerSlotCount)
        slotCount = max(slotCount, shape.header + FrameShape.headerSlotCount)
        noteOrigin()
        let rest = UInt32(self.shape.header) | UInt32(shape.parameterSlotCount) << 16
        if slotCount >= Translator.slotLimit { failed = true }
        emit(&self, UInt16(truncatingIfNeeded: frame), UInt16(truncatingIfNeeded: shape.header), rest)
        endReachableCode()
    }
}
