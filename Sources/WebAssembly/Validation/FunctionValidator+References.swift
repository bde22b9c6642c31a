// References and casts.

extension FunctionValidator {
    mutating func validateReference(_ opcode: Opcode) throws(DecodingFailure) {
        switch opcode {
        case .refNull:
            push(ReferenceType(heapTypeCode: try reader.readHeapTypeCode(tables), isNullable: true).rawValue)
        case .refIsNull:
            _ = try popReference()
            push(ValueType.i32.rawValue)
        case .refFunc:
            let index = Int(try reader.readU32())
            guard index < tables.functions.count else { throw invalid("unknown function \(index)") }
            guard tables.referableFunctions[index] else { throw invalid("undeclared function reference \(index)") }
            push(tables.types[Int(tables.functions[index])].reference)
        case .refEq:
            let equatable = ReferenceType(to: .abstract(.equatable), isNullable: true).rawValue
            try pop(equatable)
            try pop(equatable)
            push(ValueType.i32.rawValue)
        case .refAsNonNull:
            push(try popReference().nonNullable.rawValue)
        case .brOnNull:
            let types = labelTypes(try readLabel())
            let reference = try popReference()
            try pop(types)
            try push(types)
            push(reference.nonNullable.rawValue)
        case .brOnNonNull:
            let types = labelTypes(try readLabel())
            let reference = try popReference()
            guard types.count > 0 else {
                throw invalid("type mismatch: br_on_non_null passes a reference to a label that takes none")
            }
            push(reference.nonNullable.rawValue)
            try pop(types)
            try push(types.dropLast())
        case .refTest, .refTestNull, .refCast, .refCastNull:
            try validateCast(opcode)
        case .brOnCast, .brOnCastFail:
            try validateCastBranch(failing: opcode == .brOnCastFail)
        case .anyConvertExtern: try convert(from: .external, to: .any)
        case .externConvertAny: try convert(from: .any, to: .external)
        case .refI31:
            try pop(ValueType.i32.rawValue)
            push(ReferenceType(to: .abstract(.i31), isNullable: false).rawValue)
        default:  // i31.get_s, i31.get_u
            try pop(ReferenceType(to: .abstract(.i31), isNullable: true).rawValue)
            push(ValueType.i32.rawValue)
        }
    }

    private mutating func validateCast(_ opcode: Opcode) throws(DecodingFailure) {
        let target = try reader.readHeapTypeCode(tables)
        let top = HeapType(code: target).top
        try pop(ReferenceType(to: .abstract(top), isNullable: true).rawValue)
        switch opcode {
        case .refCast: push(ReferenceType(heapTypeCode: target, isNullable: false).rawValue)
        case .refCastNull: push(ReferenceType(heapTypeCode: target, isNullable: true).rawValue)
        default: push(ValueType.i32.rawValue)
        }
    }

    private mutating func validateCastBranch(failing: Bool) throws(DecodingFailure) {
        let start = reader.position
        let flags = try reader.readByte()
        guard flags < 4 else { throw .malformed("malformed cast flags", at: start) }
        let types = labelTypes(try readLabel())
        let source = ReferenceType(heapTypeCode: try reader.readHeapTypeCode(tables), isNullable: flags & 1 != 0)
        let target = ReferenceType(heapTypeCode: try reader.readHeapTypeCode(tables), isNullable: flags & 2 != 0)
        guard target.isSubtype(of: source) else {
            throw invalid("type mismatch: \(target) is no subtype of \(source)")
        }
        let rest = source.subtracting(target)
        let passed = failing ? rest : target
        guard let last = types.last,
            ValueType(rawValue: passed.rawValue).isSubtype(of: ValueType(rawValue: last))
        else {
            throw invalid("type mismatch: the branch passes \(passed) to a label that takes \(types)")
        }
        try pop(source.rawValue)
        let others = types.dropLast()
        try pop(others)
        try push(others)
        push((failing ? target : rest).rawValue)
    }

    private mutating func convert(
        from source: AbstractHeapType, to target: AbstractHeapType
    ) throws(DecodingFailure) {
        let expected = ReferenceType(to: .abstract(source), isNullable: true)
        var isNullable = false
        if let type = try popAny(or: expected.rawValue).map(ValueType.init(rawValue:)) {
            guard let reference = type.reference, reference.isSubtype(of: expected) else {
                throw invalid("type mismatch: instruction requires [\(expected)] but stack has [\(type)]")
            }
            isNullable = reference.isNullable
        }
        push(ReferenceType(to: .abstract(target), isNullable: isNullable).rawValue)
    }
}

extension HeapType {
    /// The topmost type of the hierarchy this belongs to.
    package var top: AbstractHeapType {
        switch self {
        case .abstract(let type): type.top
        case .concrete(let type): type.kind.heapType.top
        }
    }
}
