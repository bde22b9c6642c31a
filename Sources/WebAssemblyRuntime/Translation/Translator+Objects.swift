import WebAssembly

// Structures, arrays, casts and `i31`.

extension Translator {
    /// Translates an instruction of garbage collection; false if it is another one.
    mutating func translateObject(_ opcode: Opcode) -> Bool {
        switch opcode {
        case .structNew, .structNewDefault, .structGet, .structGetS, .structGetU, .structSet:
            translateStructure(opcode)
        case .refTest, .refTestNull, .refCast, .refCastNull, .brOnCast, .brOnCastFail:
            translateCast(opcode)
        case .anyConvertExtern, .externConvertAny: break
        case .refI31: emitSimple(ObjectHandlers.makeI31, .functionReference)
        case .i31GetS:
            noteOrigin()
            emitSimple(ObjectHandlers.i31GetSigned, .i32)
        case .i31GetU:
            noteOrigin()
            emitSimple(ObjectHandlers.i31GetUnsigned, .i32)
        default:
            guard (0x106...0x113).contains(opcode.rawValue) else { return false }
            translateArray(opcode)
        }
        return true
    }

    /// One operand at 10, the result into 8.
    private mutating func emitSimple(_ handler: Handler, _ result: ValueType) {
        let slot = materializedPop()
        emitResult(handler, nextHome, .accumulator, UInt16(slot), 0)
        push(.home, result)
    }

    private mutating func readLayout() -> UnsafePointer<ObjectLayout> {
        code.objectLayout(of: module.types[reader.index()])
    }

    /// The number of slots below the next home that the topmost operands take, once they are in their homes.
    private mutating func settleOperands(_ count: Int) -> UInt16 {
        settleTop(count)
        return UInt16(truncatingIfNeeded: count > 0 ? stack[stack.count - count].home : nextHome)
    }

    /// Emits an instruction of 24 bytes that makes an object, into the next home.
    private mutating func emitMaking(
        _ handler: Handler, _ a: UInt16, _ b: UInt32, _ layout: UnsafePointer<ObjectLayout>
    ) {
        let home = nextHome
        slotCount = max(slotCount, home + 1)
        emitWideResult(handler, home, .accumulator, a, b, UInt64(UInt(bitPattern: layout)))
    }

    // MARK: Structures

    private mutating func translateStructure(_ opcode: Opcode) {
        let layout = readLayout()
        switch opcode {
        case .structNew:
            let count = layout.pointee.fields.count
            let first = settleOperands(count)
            truncateStack(to: stack.count - count)
            noteOrigin()
            emitMaking(ObjectHandlers.structureNew, first, 1, layout)
            push(.home, .functionReference)
        case .structNewDefault:
            noteOrigin()
            emitMaking(ObjectHandlers.structureNew, 0, 0, layout)
            push(.home, .functionReference)
        case .structSet:
            let field = layout.pointee.fields[reader.index()]
            let value = materializedPop()
            let object = materializedPop()
            noteOrigin()
            emit(setter(field.storage), UInt16(object), UInt16(value), UInt32(field.offset))
        default:
            let field = layout.pointee.fields[reader.index()]
            let object = materializedPop()
            let home = nextHome
            let type = field.storage.unpacked
            slotCount = max(slotCount, home + 2)
            noteOrigin()
            let isVector = type == .v128
            emitResult(
                getter(field.storage, isSigned: opcode == .structGetS), home, isVector ? .none : .accumulator,
                UInt16(object), UInt32(field.offset))
            if isVector { wrote(home + 1, .none) }
            push(.home, type)
        }
    }

    private func getter(_ storage: StorageType, isSigned: Bool) -> Handler {
        switch storage.size {
        case 1: isSigned ? ObjectHandlers.getSignedByte : ObjectHandlers.getByte
        case 2: isSigned ? ObjectHandlers.getSignedHalf : ObjectHandlers.getHalf
        case 4: ObjectHandlers.getWord
        case 8: ObjectHandlers.getLong
        default: ObjectHandlers.getVector
        }
    }

    private func setter(_ storage: StorageType) -> Handler {
        switch storage.size {
        case 1: ObjectHandlers.setByte
        case 2: ObjectHandlers.setHalf
        case 4: ObjectHandlers.setWord
        case 8: ObjectHandlers.setLong
        default: ObjectHandlers.setVector
        }
    }

    // MARK: Arrays

    private mutating func translateArray(_ opcode: Opcode) {
        switch opcode {
        case .arrayNew, .arrayNewDefault:
            let layout = readLayout()
            let count = materializedPop()
            let value = opcode == .arrayNew ? materializedPop() : 0
            noteOrigin()
            emitMaking(
                ObjectHandlers.arrayNew, UInt16(value), UInt32(count) | (opcode == .arrayNew ? 1 << 16 : 0), layout)
            push(.home, .functionReference)
        case .arrayNewFixed:
            let layout = readLayout()
            let count = reader.index()
            let first = settleOperands(count)
            truncateStack(to: stack.count - count)
            noteOrigin()
            emitMaking(ObjectHandlers.arrayNewFixed, first, UInt32(count), layout)
            push(.home, .functionReference)
        case .arrayNewData, .arrayNewElem:
            let layout = readLayout()
            let segment = reader.index()
            let count = materializedPop()
            let start = materializedPop()
            noteOrigin()
            emitMaking(ObjectHandlers.arrayNewSegment, UInt16(start), UInt32(count), layout)
            accumulatorSlot = -1
            forget()
            buffer.append(UInt64(segment))
            push(.home, .functionReference)
        case .arrayGet, .arrayGetS, .arrayGetU:
            let layout = readLayout()
            let index = materializedPop()
            let object = materializedPop()
            let home = nextHome
            let type = layout.pointee.element?.unpacked ?? .i32
            slotCount = max(slotCount, home + 2)
            noteOrigin()
            emitResult(
                ObjectHandlers.arrayGet, home, .none, UInt16(object), UInt16(index), opcode == .arrayGetS ? 1 : 0)
            if type == .v128 { wrote(home + 1, .none) }
            push(.home, type)
        case .arraySet:
            _ = reader.index()
            let value = materializedPop()
            let index = materializedPop()
            let object = materializedPop()
            noteOrigin()
            emit(ObjectHandlers.arraySet, UInt16(object), UInt16(index), UInt16(value), 0)
        case .arrayLen:
            noteOrigin()
            emitSimple(ObjectHandlers.arrayLength, .i32)
        default: translateArrayRange(opcode)
        }
    }

    private mutating func translateArrayRange(_ opcode: Opcode) {
        _ = reader.index()
        let segment = opcode == .arrayFill ? 0 : reader.index()
        var slots: [UInt16] = []
        for _ in 0..<(opcode == .arrayCopy ? 5 : 4) { slots.append(UInt16(materializedPop())) }
        slots.reverse()
        noteOrigin()
        switch opcode {
        case .arrayFill: emit(ObjectHandlers.arrayFill, slots[0], slots[1], slots[2], slots[3])
        case .arrayCopy:
            emit(ObjectHandlers.arrayCopy, slots[0], slots[1], slots[2], slots[3])
            buffer.append(UInt64(slots[4]))
        default:
            emit(ObjectHandlers.arrayInitialize, slots[0], slots[1], slots[2], slots[3])
            buffer.append(UInt64(segment))
        }
    }

    // MARK: Casts

    private mutating func readHeapType() -> HeapType {
        let code = reader.signed()
        if code >= 0 { return .concrete(module.types[Int(code)]) }
        guard let type = AbstractHeapType(rawValue: UInt8(truncatingIfNeeded: code & 0x7F)) else {
            preconditionFailure("validated code")
        }
        return .abstract(type)
    }

    private mutating func translateCast(_ opcode: Opcode) {
        switch opcode {
        case .refTest, .refTestNull:
            let type = readHeapType()
            let slot = materializedPop()
            emitTest(type, slot, acceptsNull: opcode == .refTestNull)
            push(.home, .i32)
        case .refCast, .refCastNull:
            let type = readHeapType()
            let operand = pop()
            let slot = materialize(operand)
            noteOrigin()
            emitWide(
                ObjectHandlers.cast, 0, UInt16(slot), opcode == .refCastNull ? 1 : 0,
                UInt64(UInt(bitPattern: code.testedType(type))))
            repush(operand)
        default:
            let flags = reader.byte()
            let depth = reader.index()
            _ = reader.signed()
            let type = readHeapType()
            let slot = materialize(stack[stack.count - 1])
            if case .constant = stack[stack.count - 1].place { stack[stack.count - 1].place = .home }
            emitTest(type, slot, acceptsNull: flags & 2 != 0)
            // The result stands above the reference, which the branch carries.
            let result = nextHome
            branch(on: .slot(result), taken: opcode == .brOnCast, to: depth)
        }
    }

    private mutating func emitTest(_ type: HeapType, _ slot: Int, acceptsNull: Bool) {
        let home = nextHome
        slotCount = max(slotCount, home + 1)
        emitWideResult(
            ObjectHandlers.test, home, .accumulator, UInt16(slot), acceptsNull ? 1 : 0,
            UInt64(UInt(bitPattern: code.testedType(type))))
    }
}
