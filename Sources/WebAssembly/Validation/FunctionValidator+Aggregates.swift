// Structures and arrays.

extension FunctionValidator {
    mutating func validateStructure(_ opcode: Opcode) throws(DecodingFailure) {
        let type = try readType(.structure)
        let fields = type.fields
        switch opcode {
        case .structNew:
            for index in fields.reversed() { try pop(tables.fields[index].unpacked) }
            push(type.reference)
        case .structNewDefault:
            for index in fields { try requireDefault(tables.fields[index]) }
            push(type.reference)
        default:
            let index = Int(try reader.readU32())
            guard index < fields.count else { throw invalid("unknown field \(index)") }
            let field = tables.fields[fields.lowerBound + index]
            if opcode == .structSet {
                guard field.isMutable else { throw invalid("immutable field") }
                try pop(field.unpacked)
                try pop(type.nullableReference)
            } else {
                try requirePacking(field, opcode == .structGet)
                try pop(type.nullableReference)
                push(field.unpacked)
            }
        }
    }

    mutating func validateArray(_ opcode: Opcode) throws(DecodingFailure) {
        let i32 = ValueType.i32.rawValue
        if opcode == .arrayLen {
            try pop(ReferenceType(to: .abstract(.array), isNullable: true).rawValue)
            push(i32)
            return
        }
        let type = try readType(.array)
        let element = tables.fields[type.fields.lowerBound]
        switch opcode {
        case .arrayNew:
            try pop(i32)
            try pop(element.unpacked)
            push(type.reference)
        case .arrayNewDefault:
            try requireDefault(element)
            try pop(i32)
            push(type.reference)
        case .arrayNewFixed:
            let count = try reader.readU32()
            guard count <= 10_000 else {
                throw .unsupported("more than 10000 operands of array.new_fixed", at: instructionStart)
            }
            for _ in 0..<count { try pop(element.unpacked) }
            push(type.reference)
        case .arrayNewData:
            try requireNumericOrVector(element)
            try readDataIndex()
            try pop(i32)
            try pop(i32)
            push(type.reference)
        case .arrayNewElem:
            try readElements(for: element)
            try pop(i32)
            try pop(i32)
            push(type.reference)
        case .arrayGet, .arrayGetS, .arrayGetU:
            try requirePacking(element, opcode == .arrayGet)
            try pop(i32)
            try pop(type.nullableReference)
            push(element.unpacked)
        case .arraySet:
            try requireMutable(element)
            try pop(element.unpacked)
            try pop(i32)
            try pop(type.nullableReference)
        case .arrayFill:
            try requireMutable(element)
            try pop(i32)
            try pop(element.unpacked)
            try pop(i32)
            try pop(type.nullableReference)
        case .arrayCopy:
            let source = try readType(.array)
            try requireMutable(element)
            guard element.accepts(tables.fields[source.fields.lowerBound]) else {
                throw invalid("array types do not match")
            }
            try pop(i32)
            try pop(i32)
            try pop(source.nullableReference)
            try pop(i32)
            try pop(type.nullableReference)
        default:  // array.init_data, array.init_elem
            try requireMutable(element)
            if opcode == .arrayInitData {
                try requireNumericOrVector(element)
                try readDataIndex()
            } else {
                try readElements(for: element)
            }
            try pop(i32)
            try pop(i32)
            try pop(i32)
            try pop(type.nullableReference)
        }
    }

    private func requireDefault(_ field: FieldShape) throws(DecodingFailure) {
        let type = ValueType(rawValue: field.unpacked)
        guard type.isDefaultable else { throw invalid("type mismatch: \(type) has no default value") }
    }

    private func requireMutable(_ element: FieldShape) throws(DecodingFailure) {
        guard element.isMutable else { throw invalid("immutable array") }
    }

    private func requireNumericOrVector(_ element: FieldShape) throws(DecodingFailure) {
        guard element.isNumericOrVector else { throw invalid("array type is not numeric or vector") }
    }

    /// Packed fields are read with the instructions that say how to extend them, all others with the plain one.
    private func requirePacking(_ field: FieldShape, _ isPlain: Bool) throws(DecodingFailure) {
        guard field.isPacked != isPlain else {
            throw invalid(
                "type mismatch: the field is \(isPlain ? "packed: say how to extend it" : "not packed")")
        }
    }

    mutating func readDataIndex() throws(DecodingFailure) {
        try checkDataIndex(try reader.readU32())
    }

    func checkDataIndex(_ index: UInt32) throws(DecodingFailure) {
        guard let count = tables.dataCount else {
            throw .malformed("data count section required", at: instructionStart)
        }
        guard index < count else { throw invalid("unknown data segment \(index)") }
    }

    /// The index of an element segment; returns the raw value of its type.
    mutating func readElementIndex() throws(DecodingFailure) -> UInt32 {
        let index = Int(try reader.readU32())
        guard index < tables.elementSegments.count else { throw invalid("unknown elem segment \(index)") }
        return tables.elementSegments[index]
    }

    private mutating func readElements(for element: FieldShape) throws(DecodingFailure) {
        let type = ValueType(rawValue: try readElementIndex())
        let expected = ValueType(rawValue: element.unpacked)
        guard type.isSubtype(of: expected) else {
            throw invalid("type mismatch: elements of type \(type) in an array of \(expected)")
        }
    }
}
