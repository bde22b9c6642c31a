/// Decodes and validates function bodies, one after the other (specification, appendix "Validation Algorithm").
///
/// Types are the raw values of ``ValueType``, instructions are dispatched through a table of eight bytes each, and all
/// memory is kept from one body to the next.
struct FunctionValidator: ~Copyable {
    /// The greatest number of locals, parameters included, as in other implementations.
    static let maximumLocalCount = 50_000
    /// The greatest number of operands: a call of two bytes can push a thousand of them.
    static let maximumStackHeight = 1_000_000
    /// The greatest depth of nested blocks.
    static let maximumNesting = 100_000

    let tables: ValidationTables
    let entries = InstructionEntries.table
    var reader: ByteReader

    var operands = ScratchStack<UInt32>(capacity: 256)
    /// The greatest number of operands so far.
    var maximumHeight = 0

    var frames = ScratchStack<ControlFrame>(capacity: 64)
    /// The number of operands below the innermost block.
    var frameHeight = 0

    /// The type of each local.
    var locals = ScratchStack<UInt32>(capacity: 256)
    /// Whether each local is set, if some have no default value.
    var isSet = ScratchStack<Bool>(capacity: 1)
    /// The locals that were set since, to be forgotten at the end of the block in which they were.
    var setLocals = ScratchStack<UInt32>(capacity: 1)
    var hasLocalsWithoutDefault = false

    /// Where the present instruction begins.
    var instructionStart = 0
    /// The results of the function.
    var functionResults = TypeList()

    init(_ tables: ValidationTables) {
        self.tables = tables
        reader = ByteReader(base: tables.binary, in: 0..<0)
    }

    /// Validates the body of a function, by its index in the function index space.
    mutating func validate(_ body: FunctionBody, of function: Int) throws(DecodingFailure) -> FunctionBody {
        reader = ByteReader(base: tables.binary, in: Int(body.start)..<Int(body.end))
        let typeIndex = tables.functions[function]
        let type = tables.types[Int(typeIndex)]
        instructionStart = reader.position
        try readLocals(parameters: tables.parameters(of: type))
        let codeStart = reader.position
        functionResults = TypeList(tables.results(of: type))
        operands.shrink(to: 0)
        maximumHeight = 0
        frames.shrink(to: 0)
        frames.push(
            ControlFrame(
                kind: .function, isUnreachable: false, height: 0, setLocalCount: 0,
                type: BlockType(functionTypeIndex: typeIndex)))
        frameHeight = 0
        while frames.count > 0 { try validateInstruction() }
        guard reader.isAtEnd else {
            throw .malformed("section size mismatch: code follows the function's end", at: reader.position)
        }
        return FunctionBody(
            start: body.start, codeStart: UInt32(codeStart), end: body.end, localCount: UInt32(locals.count),
            maximumStackHeight: UInt32(maximumHeight))
    }

    private mutating func readLocals(parameters: UnsafeBufferPointer<UInt32>) throws(DecodingFailure) {
        locals.shrink(to: 0)
        locals.push(contentsOf: parameters)
        setLocals.shrink(to: 0)
        hasLocalsWithoutDefault = false
        var total: UInt64 = UInt64(parameters.count)
        for _ in 0..<(try reader.readCount()) {
            let start = reader.position
            let count = try reader.readU32()
            let type = try reader.readValueType(tables)
            total += UInt64(count)
            guard total <= UInt64(UInt32.max) else { throw .malformed("too many locals", at: start) }
            // Beyond the limit only the count goes on, to tell this limit from the format's.
            guard total <= UInt64(FunctionValidator.maximumLocalCount) else { continue }
            if !type.isDefaultable && count > 0 { noteLocalsWithoutDefault() }
            if hasLocalsWithoutDefault { isSet.push(type.isDefaultable, count: Int(count)) }
            locals.push(type.rawValue, count: Int(count))
        }
        guard total <= UInt64(FunctionValidator.maximumLocalCount) else {
            throw .unsupported(
                "too many locals: \(total), of at most \(FunctionValidator.maximumLocalCount)", at: reader.position)
        }
    }

    private mutating func noteLocalsWithoutDefault() {
        guard !hasLocalsWithoutDefault else { return }
        hasLocalsWithoutDefault = true
        isSet.shrink(to: 0)
        isSet.push(true, count: locals.count)
    }

    @inline(__always)
    private mutating func validateInstruction() throws(DecodingFailure) {
        instructionStart = reader.position
        var entry = entries[Int(try readOpcodeByte())]
        if entry.rule == .prefix { entry = try readPrefixedEntry() }
        switch entry.rule {
        case .simple:
            if entry.third != 0 { try pop(UInt32(entry.third)) }
            if entry.second != 0 { try pop(UInt32(entry.second)) }
            if entry.first != 0 { try pop(UInt32(entry.first)) }
            if entry.result != 0 { push(UInt32(entry.result)) }
        case .memoryAccess:
            try validateMemoryAccess(entry)
        case .special:
            try validateSpecial(entry.opcode)
        case .illegal, .prefix:
            throw illegalOpcode()
        }
    }

    @inline(__always)
    private mutating func readOpcodeByte() throws(DecodingFailure) -> UInt8 {
        guard !reader.isAtEnd else { throw missingEnd() }
        return try reader.readByte()
    }

    /// A body without its last `end`. What stands behind it tells what is most likely wrong.
    @inline(never)
    private func missingEnd() -> DecodingFailure {
        let cause =
            if reader.end < tables.codeSectionEnd {
                "END opcode expected"
            } else if reader.end < tables.binary.count {
                "section size mismatch"
            } else {
                "unexpected end of section or function"
            }
        return .malformed("\(cause): the function's code does not end within its size", at: reader.end)
    }

    @inline(never)
    private mutating func readPrefixedEntry() throws(DecodingFailure) -> InstructionEntry {
        let code = try reader.readU32()
        let space: Opcode.Space =
            switch tables.binary[instructionStart] {
            case 0xFB: .garbageCollection
            case 0xFC: .bulk
            case 0xFD: .vector
            default: .atomic
            }
        guard code < space.codeCount, space != .atomic || tables.features.contains(.threads) else {
            throw illegalOpcode()
        }
        return entries[Int(space.rawValue) + Int(code)]
    }

    func illegalOpcode() -> DecodingFailure {
        let bytes = tables.binary[instructionStart..<reader.position].map { hexadecimal($0) }
        return .malformed("illegal opcode \(bytes.joined(separator: " "))", at: instructionStart)
    }

    private mutating func validateSpecial(_ opcode: Opcode) throws(DecodingFailure) {
        switch opcode {
        case .localGet:
            let (index, type) = try readLocal()
            if hasLocalsWithoutDefault && !isSet[index] { throw invalid("uninitialized local \(index)") }
            push(type)
        case .localSet:
            let (index, type) = try readLocal()
            try pop(type)
            if hasLocalsWithoutDefault { noteSet(index) }
        case .localTee:
            let (index, type) = try readLocal()
            try pop(type)
            if hasLocalsWithoutDefault { noteSet(index) }
            push(type)
        case .i32Const:
            _ = try reader.readS32()
            push(ValueType.i32.rawValue)
        case .i64Const:
            _ = try reader.readS64()
            push(ValueType.i64.rawValue)
        case .f32Const:
            try reader.skip(4)
            push(ValueType.f32.rawValue)
        case .f64Const:
            try reader.skip(8)
            push(ValueType.f64.rawValue)
        case .globalGet:
            push(try readGlobal().type)
        case .globalSet:
            let global = try readGlobal()
            guard global.isMutable else { throw invalid("immutable global") }
            try pop(global.type)
        case .unreachable, .nop, .block, .loop, .if, .else, .end, .br, .brIf, .brTable, .return, .call, .callIndirect,
            .returnCall, .returnCallIndirect, .callRef, .returnCallRef, .drop, .select, .selectTyped:
            try validateControl(opcode)
        case .try, .catch, .catchAll, .delegate, .rethrow, .throw, .throwRef, .tryTable:
            try validateException(opcode)
        case .refNull, .refIsNull, .refFunc, .refEq, .refAsNonNull, .brOnNull, .brOnNonNull, .refTest, .refTestNull,
            .refCast, .refCastNull, .brOnCast, .brOnCastFail, .anyConvertExtern, .externConvertAny, .refI31, .i31GetS,
            .i31GetU:
            try validateReference(opcode)
        case .structNew, .structNewDefault, .structGet, .structGetS, .structGetU, .structSet:
            try validateStructure(opcode)
        case .arrayNew, .arrayNewDefault, .arrayNewFixed, .arrayNewData, .arrayNewElem, .arrayGet, .arrayGetS,
            .arrayGetU, .arraySet, .arrayLen, .arrayFill, .arrayCopy, .arrayInitData, .arrayInitElem:
            try validateArray(opcode)
        case .tableGet, .tableSet, .tableInit, .elemDrop, .tableCopy, .tableGrow, .tableSize, .tableFill:
            try validateTable(opcode)
        default:
            try validateMemory(opcode)
        }
    }

    @inline(__always)
    private mutating func readLocal() throws(DecodingFailure) -> (index: Int, type: UInt32) {
        let index = Int(try reader.readU32())
        guard index < locals.count else { throw invalid("unknown local \(index)") }
        return (index, locals[index])
    }

    private mutating func noteSet(_ local: Int) {
        guard !isSet[local] else { return }
        isSet[local] = true
        setLocals.push(UInt32(local))
    }

    private mutating func readGlobal() throws(DecodingFailure) -> GlobalShape {
        let index = Int(try reader.readU32())
        guard index < tables.globals.count else { throw invalid("unknown global \(index)") }
        return tables.globals[index]
    }

    /// A broken rule of validation at the present instruction.
    func invalid(_ message: String) -> DecodingFailure {
        .invalid(message, at: instructionStart)
    }
}

extension ValidationTables: TypeResolver {
    func heapTypeCode(ofTypeAt index: UInt32) -> UInt32? {
        index < types.count ? HeapType.firstConcreteCode + types[Int(index)].id : nil
    }
}
