// Blocks, branches and calls.

extension FunctionValidator {
    mutating func validateControl(_ opcode: Opcode) throws(DecodingFailure) {
        switch opcode {
        case .unreachable: setUnreachable()
        case .block: try validateBlock(.block)
        case .loop: try validateBlock(.loop)
        case .if:
            let type = try readBlockType()
            try pop(ValueType.i32.rawValue)
            try pop(type.parameters(tables))
            try pushFrame(.if, type)
        case .else:
            guard frames[frames.count - 1].kind == .if else {
                throw .malformed("unexpected token: else without if", at: instructionStart)
            }
            let frame = try popFrame()
            try pushFrame(.else, frame.type)
        case .end: try validateEnd()
        case .br:
            try pop(labelTypes(try readLabel()))
            setUnreachable()
        case .brIf:
            let types = labelTypes(try readLabel())
            try pop(ValueType.i32.rawValue)
            try pop(types)
            try push(types)
        case .brTable: try validateBranchTable()
        case .return:
            try pop(functionResults)
            setUnreachable()
        case .call:
            let type = try readFunctionType()
            try pop(TypeList(tables.parameters(of: type)))
            try push(TypeList(tables.results(of: type)))
        case .callIndirect:
            let type = try readIndirectCall()
            try pop(TypeList(tables.parameters(of: type)))
            try push(TypeList(tables.results(of: type)))
        case .callRef:
            let type = try readType(.function)
            try pop(type.nullableReference)
            try pop(TypeList(tables.parameters(of: type)))
            try push(TypeList(tables.results(of: type)))
        case .returnCall: try validateTailCall(try readFunctionType())
        case .returnCallIndirect: try validateTailCall(try readIndirectCall())
        case .returnCallRef:
            let type = try readType(.function)
            try pop(type.nullableReference)
            try validateTailCall(type)
        case .drop: _ = try popAny()
        case .select: try validateSelect()
        case .selectTyped:
            guard try reader.readU32() == 1 else { throw invalid("invalid result arity") }
            let type = try reader.readValueType(tables).rawValue
            try pop(ValueType.i32.rawValue)
            try pop(type)
            try pop(type)
            push(type)
        default: break  // nop
        }
    }

    private mutating func validateBlock(_ kind: ControlFrame.Kind) throws(DecodingFailure) {
        let type = try readBlockType()
        try pop(type.parameters(tables))
        try pushFrame(kind, type)
    }

    private mutating func validateEnd() throws(DecodingFailure) {
        let frame = try popFrame()
        let results = frame.type.results(tables)
        if frame.kind == .if {
            // Without else the parameters are passed on as results.
            let parameters = frame.type.parameters(tables)
            guard parameters.isSubtype(of: results) else {
                throw invalid("type mismatch: if without else turns \(parameters) into \(results)")
            }
        }
        if frame.kind == .function { return }
        try push(results)
    }

    private mutating func validateBranchTable() throws(DecodingFailure) {
        try pop(ValueType.i32.rawValue)
        let count = try reader.readCount()
        var previous: UInt32?
        var arity: Int?
        for _ in 0..<count {
            let label = try reader.readU32()
            // Tables repeat themselves; a label once checked is not checked again and again.
            if label == previous { continue }
            previous = label
            let types = labelTypes(try frame(ofLabel: label))
            if let arity, arity != types.count { throw mismatchedArity(arity, types.count) }
            arity = types.count
            try check(types)
        }
        let types = labelTypes(try readLabel())
        if let arity, arity != types.count { throw mismatchedArity(types.count, arity) }
        try pop(types)
        setUnreachable()
    }

    private func frame(ofLabel label: UInt32) throws(DecodingFailure) -> ControlFrame {
        guard label < frames.count else { throw invalid("unknown label \(label)") }
        return frames[frames.count - 1 - Int(label)]
    }

    private func mismatchedArity(_ first: Int, _ second: Int) -> DecodingFailure {
        invalid("type mismatch: labels of br_table take \(first) and \(second) operands")
    }

    private mutating func validateSelect() throws(DecodingFailure) {
        try pop(ValueType.i32.rawValue)
        let second = try popAny()
        let first = try popAny()
        for type in [first, second] {
            guard let type, type & ReferenceType.marker != 0 else { continue }
            throw invalid("type mismatch: select without a type cannot choose among references")
        }
        if let first, let second, first != second {
            throw invalid(
                "type mismatch: select between [\(ValueType(rawValue: first))] and [\(ValueType(rawValue: second))]")
        }
        push(first ?? second ?? 0)
    }

    private mutating func readFunctionType() throws(DecodingFailure) -> TypeShape {
        let index = Int(try reader.readU32())
        guard index < tables.functions.count else { throw invalid("unknown function \(index)") }
        return tables.types[Int(tables.functions[index])]
    }

    private mutating func readIndirectCall() throws(DecodingFailure) -> TypeShape {
        let typeIndex = Int(try reader.readU32())
        let tableIndex = Int(try reader.readU32())
        guard tableIndex < tables.tables.count else { throw invalid("unknown table \(tableIndex)") }
        let table = tables.tables[tableIndex]
        guard ValueType(rawValue: table.element).isSubtype(of: .functionReference) else {
            throw invalid("type mismatch: table \(tableIndex) does not hold functions")
        }
        guard typeIndex < tables.types.count, tables.types[typeIndex].kind == .function else {
            throw invalid("unknown type \(typeIndex): there is no such function type")
        }
        try pop(table.addressType)
        return tables.types[typeIndex]
    }

    private mutating func validateTailCall(_ type: TypeShape) throws(DecodingFailure) {
        let results = TypeList(tables.results(of: type))
        guard results.isSubtype(of: functionResults) else {
            throw invalid("type mismatch: the function returns \(functionResults), but the tail call \(results)")
        }
        try pop(TypeList(tables.parameters(of: type)))
        setUnreachable()
    }

    /// A type index that must be one of the given kind.
    mutating func readType(_ kind: CompositeType.Kind) throws(DecodingFailure) -> TypeShape {
        let index = Int(try reader.readU32())
        guard index < tables.types.count else { throw invalid("unknown type \(index)") }
        let type = tables.types[index]
        guard type.kind == kind else {
            throw invalid(
                "type mismatch: type \(index) is of kind \(type.kind.heapType.keyword), not "
                    + kind.heapType.keyword)
        }
        return type
    }
}
