extension ModuleDecoder {
    /// Reads an expression that must be constant and leave one value of the given type.
    ///
    /// Globals may be read that are defined so far and immutable.
    mutating func readConstantExpression(
        _ reader: inout ByteReader, of type: ValueType
    ) throws(DecodingFailure) -> ConstantExpression {
        let start = reader.position
        var instructions = ConstantExpressionReader(reader: reader, types: parts.definedTypes)
        var stack = ConstantStack()
        while true {
            stack.offset = instructions.reader.position
            guard let instruction = try instructions.next() else { break }
            try check(instruction, &stack)
        }
        try stack.pop(type)
        guard stack.types.isEmpty else {
            throw .invalid(
                "type mismatch: the expression must leave one value, but leaves \(stack.types.count + 1)",
                at: stack.offset)
        }
        try reader.skip(instructions.reader.position - reader.position)
        return ConstantExpression(start: UInt32(start), end: UInt32(reader.position))
    }

    private mutating func check(
        _ instruction: ConstantInstruction, _ stack: inout ConstantStack
    ) throws(DecodingFailure) {
        switch instruction {
        case .i32: stack.push(.i32)
        case .i64: stack.push(.i64)
        case .f32: stack.push(.f32)
        case .f64: stack.push(.f64)
        case .v128: stack.push(.v128)
        case .i32Add, .i32Subtract, .i32Multiply:
            try stack.pop(.i32)
            try stack.pop(.i32)
            stack.push(.i32)
        case .i64Add, .i64Subtract, .i64Multiply:
            try stack.pop(.i64)
            try stack.pop(.i64)
            stack.push(.i64)
        case .globalGet(let index):
            guard index < parts.globals.count else {
                throw .invalid("unknown global \(index)", at: stack.offset)
            }
            let global = parts.globals[Int(index)]
            guard !global.isMutable else {
                throw .invalid("constant expression required, but global \(index) is mutable", at: stack.offset)
            }
            stack.push(global.valueType)
        case .referenceNull(let heapType):
            stack.push(.reference(ReferenceType(to: heapType, isNullable: true)))
        case .referenceFunction(let index):
            guard index < parts.functions.count else {
                throw .invalid("unknown function \(index)", at: stack.offset)
            }
            referableFunctions[Int(index)] = true
            stack.push(reference(to: parts.functions[Int(index)]))
        case .referenceI31:
            try stack.pop(.i32)
            stack.push(.reference(ReferenceType(to: .abstract(.i31), isNullable: false)))
        case .anyConvertExternal:
            stack.push(.reference(try stack.popReference(.external).with(.any)))
        case .externalConvertAny:
            stack.push(.reference(try stack.popReference(.any).with(.external)))
        case .structureNew, .structureNewDefault, .arrayNew, .arrayNewDefault, .arrayNewFixed:
            try checkAggregate(instruction, &stack)
        }
    }

    private func checkAggregate(
        _ instruction: ConstantInstruction, _ stack: inout ConstantStack
    ) throws(DecodingFailure) {
        switch instruction {
        case .structureNew(let type):
            for field in (type.structureType?.fields ?? []).reversed() { try stack.pop(field.storage.unpacked) }
            stack.push(reference(to: type))
        case .structureNewDefault(let type):
            for field in type.structureType?.fields ?? [] where !field.storage.unpacked.isDefaultable {
                throw .invalid("type mismatch: a field of type \(field) has no default value", at: stack.offset)
            }
            stack.push(reference(to: type))
        case .arrayNew(let type):
            try stack.pop(.i32)
            if let element = type.arrayType?.element { try stack.pop(element.storage.unpacked) }
            stack.push(reference(to: type))
        case .arrayNewDefault(let type):
            try stack.pop(.i32)
            if let element = type.arrayType?.element, !element.storage.unpacked.isDefaultable {
                throw .invalid("type mismatch: elements of type \(element) have no default value", at: stack.offset)
            }
            stack.push(reference(to: type))
        case .arrayNewFixed(let type, let count):
            if let element = type.arrayType?.element {
                for _ in 0..<count { try stack.pop(element.storage.unpacked) }
            }
            stack.push(reference(to: type))
        default:
            break
        }
    }

    private func reference(to type: CanonicalType) -> ValueType {
        .reference(ReferenceType(to: .concrete(type), isNullable: false))
    }
}

/// The types of the operands of a constant expression. None is unreachable.
private struct ConstantStack {
    var types: [ValueType] = []
    /// Where the present instruction is.
    var offset = 0

    mutating func push(_ type: ValueType) {
        types.append(type)
    }

    mutating func pop(_ expected: ValueType) throws(DecodingFailure) {
        guard let type = types.popLast() else {
            throw .invalid("type mismatch: instruction requires [\(expected)] but stack has []", at: offset)
        }
        guard type.isSubtype(of: expected) else {
            throw .invalid("type mismatch: instruction requires [\(expected)] but stack has [\(type)]", at: offset)
        }
    }

    mutating func popReference(_ top: AbstractHeapType) throws(DecodingFailure) -> ReferenceType {
        let type = types.last?.reference
        try pop(.reference(ReferenceType(to: .abstract(top), isNullable: true)))
        return type ?? ReferenceType(to: .abstract(top), isNullable: true)
    }
}

extension ReferenceType {
    /// A reference as nullable as this one, to another heap type.
    fileprivate func with(_ heapType: AbstractHeapType) -> ReferenceType {
        ReferenceType(to: .abstract(heapType), isNullable: isNullable)
    }
}
