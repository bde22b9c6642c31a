import WebAssembly

/// Translates a function from WebAssembly's stack code to register code, in one pass.
///
/// The operand stack exists only here: reading a local and pushing a constant emit nothing but become operands of the
/// instruction that consumes them; results are written where they are needed next. Each position of the stack has a
/// slot of the frame as its home, used where a value has to be somewhere: at calls, where the callee's frame begins at
/// the home of its first argument, and where control flow joins.
struct Translator {
    let module: Module
    let code: ModuleCode
    let functionIndex: Int
    let type: FunctionType
    let shape: FrameShape
    var reader: CodeReader
    var buffer: CodeBuffer
    var stack: [Operand] = []
    var controls: [Control] = []
    var patches: [Patch] = []
    var origins: [TranslatedFunction.Origin] = []
    var handlers: [ExceptionHandler] = []
    /// The slots in which the catch clauses of legacy `try` blocks keep their exceptions.
    var exceptionSlots: [Int] = []
    /// Whether room is made for those; if not, meeting such a block sets ``missesExceptionSlots``.
    let hasTryBlocks: Bool
    var missesExceptionSlots = false

    /// The slot of each local.
    var localSlots: [Int] = []
    var localTypes: [ValueType] = []
    /// How many operands are unread copies of the local in a slot; indexed by slot.
    var pendingReads: [Int32] = []
    /// How many operands are unread copies of locals.
    var localOperandCount = 0
    /// The first slot of the operand stack.
    var operandBase = 0
    /// The number of slots the frame needs so far.
    var slotCount = 0

    /// The slot that the accumulator is a copy of, or -1.
    var accumulatorSlot = -1
    /// The slot that the floating-point accumulator is a copy of, or -1.
    var floatSlot = -1

    /// The instruction emitted last, if it can be changed or withdrawn.
    var last = Emitted.nothing
    /// The one before it.
    var beforeLast = Emitted.nothing

    /// The copy emitted last, if it was by itself.
    var lastCopy = (end: -1, source: 0, target: 0)

    /// The instruction emitted last, if one right after it could do its work as well.
    var fusible = Fusible.none

    /// Where in the binary the instruction stands that is being translated.
    var instructionOffset = 0
    /// Whether the store's observer is told of the function's calls.
    let isTraced: Bool
    /// Whether something is too large for the encoding.
    var failed = false

    /// What is remembered of an emitted instruction.
    struct Emitted {
        var start: Int
        var end: Int
        /// The slot of its result, whose number stands at 8.
        var destination: Int
        /// For a computation on two operands: what it computes.
        var operation: (opcode: Opcode, first: Source, second: Source)?
        /// What the accumulators held before it.
        var accumulatorSlot: Int
        var floatSlot: Int

        static let nothing = Emitted(
            start: -1, end: -1, destination: -1, operation: nil, accumulatorSlot: -1, floatSlot: -1)
    }

    /// An emitted instruction of 16 bytes that can become part of the next one.
    struct Fusible {
        enum Work {
            /// Of integers of the opcode's type, the first being in a slot.
            case addition(Opcode, first: Int, second: Source)
            /// With its operands as they stand at 10 and 12.
            case load(Opcode, OperandForm, UInt16, UInt32)
            /// The low half of a slot, zero-extended.
            case wrapping(slot: Int)
        }

        var start: Int
        var end: Int
        /// The slot of its result, whose number stands at 8.
        var destination: Int
        var work: Work

        static let none = Fusible(start: -1, end: -1, destination: -1, work: .wrapping(slot: -1))
    }

    init(_ functionIndex: Int, of code: ModuleCode, hasTryBlocks: Bool) {
        self.code = code
        self.hasTryBlocks = hasTryBlocks
        isTraced = code.isTraced(functionIndex)
        self.functionIndex = functionIndex
        module = code.module
        type = module.functionType(of: functionIndex)
        shape = code.shapes[functionIndex]
        guard let body = module.body(of: functionIndex) else { preconditionFailure("imports are not translated") }
        reader = CodeReader(module.binary.bytes, Int(body.start)..<Int(body.end))
        buffer = CodeBuffer(capacity: 256 + (Int(body.end) - Int(body.start)) * 8)
    }

    /// The translated function, or nil if its frame or code is too large for the encoding.
    mutating func translate() -> TranslatedFunction? {
        defer { buffer.deallocate() }
        buffer.append(UInt64(0))
        declareLocals()
        guard slotCount < Translator.slotLimit else { return nil }
        if isTraced { emit(TraceHandlers.begin, 0, 0, UInt32(functionIndex)) }
        controls.append(
            Control(kind: .function, height: 0, parameters: [], results: type.results, home: operandBase))
        while !reader.isAtEnd, !failed {
            instructionOffset = reader.position
            translateInstruction(reader.opcode())
        }
        guard !failed, slotCount < Translator.slotLimit, buffer.count < Int(Int32.max) else { return nil }
        threadJumps()
        buffer.set(UInt64(slotCount * 8), at: 0)
        let start = UnsafeMutableRawPointer.allocate(byteCount: buffer.count, alignment: 16)
        start.copyMemory(from: buffer.start, byteCount: buffer.count)
        return TranslatedFunction(
            index: functionIndex, header: shape.header, start: start, byteCount: buffer.count, origins: origins,
            handlers: handlers)
    }

    /// Slots have numbers of 16 bits.
    static let slotLimit = 65_000

    private mutating func declareLocals() {
        var slot = 0
        for parameter in type.parameters {
            localSlots.append(slot)
            localTypes.append(parameter)
            slot += parameter.slotCount
        }
        slot = shape.header + FrameShape.headerSlotCount
        let first = slot
        for _ in 0..<reader.index() {
            let count = reader.index()
            let type = reader.valueType()
            if slot + count * type.slotCount > Translator.slotLimit {
                failed = true
                return
            }
            for _ in 0..<count {
                localSlots.append(slot)
                localTypes.append(type)
                slot += type.slotCount
            }
        }
        for _ in 0..<legacyTryCount() {
            exceptionSlots.append(slot)
            slot += 1
        }
        guard slot < Translator.slotLimit else {
            failed = true
            return
        }
        operandBase = slot
        slotCount = slot
        pendingReads = [Int32](repeating: 0, count: slot)
        if slot > first {
            let quadruples = (slot - first + 3) / 4
            slotCount = first + quadruples * 4
            let counts = ControlHandlers.zeroCounts
            let handler = quadruples <= counts.count ? counts[quadruples - 1] : ControlHandlers.zero
            emit(handler, UInt16(first), 0, UInt32(quadruples))
        }
        forget()
    }

    /// The number of legacy `try` blocks. Each needs a slot below the operands.
    private func legacyTryCount() -> Int {
        guard hasTryBlocks else { return 0 }
        var reader = self.reader
        var count = 0
        while !reader.isAtEnd {
            let opcode = reader.opcode()
            if opcode == .try { count += 1 }
            reader.skipImmediates(ImmediateKinds.table[Int(opcode.rawValue)])
        }
        return count
    }

    // MARK: Instructions

    private mutating func translateInstruction(_ opcode: Opcode) {
        switch opcode {
        case .nop, .atomicFence: reader.skipImmediates(ImmediateKinds.table[Int(opcode.rawValue)])
        case .drop: _ = pop()
        case .localGet: translateLocalGet()
        case .localSet: translateLocalSet()
        case .localTee: translateLocalTee()
        case .globalGet: translateGlobalGet()
        case .globalSet: translateGlobalSet()
        case .i32Const: pushConstant(UInt64(UInt32(truncatingIfNeeded: reader.signed())), .i32)
        case .i64Const: pushConstant(UInt64(bitPattern: reader.signed()), .i64)
        case .f32Const: pushConstant(UInt64(reader.fixed32()), .f32)
        case .f64Const: pushConstant(reader.fixed64(), .f64)
        case .select: translateSelect()
        case .selectTyped:
            reader.skipImmediates(.selectTypes)
            translateSelect()
        case .throw, .throwRef, .tryTable, .try, .catch, .catchAll, .delegate, .rethrow:
            translateException(opcode)
        case .unreachable, .block, .loop, .if, .else, .end, .br, .brIf, .brTable, .return, .brOnNull, .brOnNonNull:
            translateControl(opcode)
        case .call, .callIndirect, .callRef, .returnCall, .returnCallIndirect, .returnCallRef:
            translateCall(opcode)
        default:
            switch opcode.rawValue {
            case 0x028...0x03E: translateMemoryAccess(opcode)
            case 0x045...0x0C4, 0x140...0x147: translateNumeric(opcode)
            case 0x180...0x1CE: translateAtomic(opcode)
            case 0x200...0x313: translateVector(opcode)
            default: translateOther(opcode)
            }
        }
    }

    // MARK: Variables

    private mutating func translateLocalGet() {
        let local = reader.index()
        pushLocal(localSlots[local], localTypes[local])
    }

    private mutating func translateLocalSet() {
        let local = reader.index()
        setLocal(localSlots[local], pop())
    }

    private mutating func translateLocalTee() {
        let local = reader.index()
        let slot = localSlots[local]
        setLocal(slot, pop())
        pushLocal(slot, localTypes[local])
    }

    /// Assigns to the local in a slot.
    private mutating func setLocal(_ slot: Int, _ value: Operand) {
        if case .local(slot) = value.place { return }
        let isRead = pendingReads[slot] > 0
        if isRead { preserve(slot) }
        if case .home = value.place, !isRead, last.end == buffer.count, last.destination == value.home {
            // The instruction that computed the value can as well write to the local.
            buffer.set(UInt16(truncatingIfNeeded: slot), at: last.start + 8)
            if fusible.end == buffer.count { fusible.destination = slot }
            if accumulatorSlot == slot { accumulatorSlot = -1 }
            if floatSlot == slot { floatSlot = -1 }
            if accumulatorSlot == value.home { accumulatorSlot = slot }
            if floatSlot == value.home { floatSlot = slot }
            if value.type == .v128 {
                if accumulatorSlot == slot + 1 { accumulatorSlot = -1 }
                if floatSlot == slot + 1 { floatSlot = -1 }
            }
            forget()
            return
        }
        move(value, to: slot)
        // What moved it wrote to a local: no instruction may take it for a temporary.
        forget()
    }

    private mutating func translateGlobalGet() {
        let index = reader.index()
        let type = module.globals[index].valueType
        let home = nextHome
        let isDefined = index >= module.importedGlobalCount
        if type == .v128 {
            let place = UInt32(code.layout.globals + index * 8)
            emitResult(ControlHandlers.globalGetIndirect, home, .none, 0, place)
            emitResult(ControlHandlers.globalGetHigh, home + 1, .none, 0, place)
            accumulatorSlot = -1
            forget()
        } else if isDefined {
            emitResult(
                ControlHandlers.globalGet, home, .accumulator, 0, UInt32(code.layout.cell(ofGlobal: index, in: module)))
        } else {
            emitResult(
                ControlHandlers.globalGetIndirect, home, .accumulator, 0, UInt32(code.layout.globals + index * 8))
        }
        push(.home, type)
    }

    private mutating func translateGlobalSet() {
        let index = reader.index()
        let value = pop()
        let slot = materialize(value)
        let place = UInt32(code.layout.globals + index * 8)
        if value.type == .v128 {
            emit(ControlHandlers.globalSetIndirect, UInt16(slot), 0, place)
            emit(ControlHandlers.globalSetHigh, UInt16(slot + 1), 0, place)
        } else if index >= module.importedGlobalCount {
            let place = UInt32(code.layout.cell(ofGlobal: index, in: module))
            let isAccumulated = slot == accumulatorSlot
            emit(isAccumulated ? ControlHandlers.globalSetA : ControlHandlers.globalSetS, UInt16(slot), 0, place)
        } else {
            emit(ControlHandlers.globalSetIndirect, UInt16(slot), 0, place)
        }
    }

    private mutating func translateSelect() {
        let condition = pop()
        let second = pop()
        let first = pop()
        let a = materialize(first)
        let b = materialize(second)
        let c = materialize(condition)
        let home = nextHome
        if first.type == .v128 {
            emitResult(ControlHandlers.selectVector, home, .none, UInt16(a), UInt16(b), UInt16(c))
        } else {
            let handler = c == accumulatorSlot ? ControlHandlers.selectA : ControlHandlers.select
            emitResult(handler, home, .accumulator, UInt16(a), UInt16(b), UInt16(c))
        }
        push(.home, first.type)
    }
}
