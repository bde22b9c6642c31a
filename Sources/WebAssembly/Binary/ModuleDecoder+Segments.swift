// Element segments, function bodies and data segments.

extension ModuleDecoder {
    /// Reads element segments, whose flags say: bit 0 not active; bit 1 an explicit table if active, else declarative;
    /// bit 2 expressions instead of function indices.
    mutating func readElementSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.readCount()) {
            let start = reader.position
            let flags = try reader.readU32()
            guard flags < 8 else { throw .malformed("malformed elements segment kind", at: start) }
            let hasExpressions = flags & 0b100 != 0
            var target: UInt32 = 0
            let mode: ElementSegment.Mode
            switch flags & 0b011 {
            case 0b00, 0b10:
                if flags & 0b010 != 0 { target = try reader.readU32() }
                guard target < parts.tables.count else { throw .invalid("unknown table \(target)", at: start) }
                let addressType = parts.tables[Int(target)].addressType.valueType
                mode = .active(table: target, offset: try readConstantExpression(&reader, of: addressType))
            case 0b01: mode = .passive
            default: mode = .declarative
            }
            var type = ReferenceType(to: .abstract(.function), isNullable: hasExpressions)
            if flags & 0b011 != 0 {
                if hasExpressions {
                    type = try reader.readReferenceType(parts.definedTypes)
                } else {
                    let kindStart = reader.position
                    guard try reader.readByte() == 0 else { throw .malformed("malformed element kind", at: kindStart) }
                }
            }
            if case .active = mode {
                let element = parts.tables[Int(target)].element
                guard type.isSubtype(of: element) else {
                    throw .invalid("type mismatch: elements of type \(type) in a table of \(element)", at: start)
                }
            }
            let items =
                hasExpressions ? try readElementExpressions(&reader, of: type) : try readElementFunctions(&reader)
            parts.elementSegments.append(ElementSegment(mode: mode, type: type, items: items))
        }
    }

    private mutating func readElementFunctions(
        _ reader: inout ByteReader
    ) throws(DecodingFailure) -> ElementSegment.Items {
        let count = try reader.readCount()
        var functions: [UInt32] = []
        functions.reserveCapacity(count)
        for _ in 0..<count {
            let start = reader.position
            let index = try reader.readU32()
            guard index < parts.functions.count else { throw .invalid("unknown function \(index)", at: start) }
            referableFunctions[Int(index)] = true
            functions.append(index)
        }
        return .functions(functions)
    }

    private mutating func readElementExpressions(
        _ reader: inout ByteReader, of type: ReferenceType
    ) throws(DecodingFailure) -> ElementSegment.Items {
        let count = try reader.readCount()
        var expressions: [ConstantExpression] = []
        for _ in 0..<count { expressions.append(try readConstantExpression(&reader, of: .reference(type))) }
        return .expressions(expressions)
    }

    /// Finds the bodies; ``validateFunctionBodies()`` reads them.
    mutating func readCodeSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        parts.codeSection = reader.position..<reader.end
        let count = try reader.readCount()
        parts.functionBodies.reserveCapacity(count)
        for _ in 0..<count {
            let size = Int(try reader.readU32())
            let range = try reader.skip(size)
            parts.functionBodies.append(
                FunctionBody(
                    start: UInt32(range.lowerBound), codeStart: 0, end: UInt32(range.upperBound), localCount: 0,
                    maximumStackHeight: 0))
        }
    }

    mutating func readDataSection(_ reader: inout ByteReader) throws(DecodingFailure) {
        let sectionStart = reader.position
        let count = try reader.readCount()
        guard dataCount.map({ Int($0) == count }) ?? true else {
            throw .malformed("data count and data section have inconsistent lengths", at: sectionStart)
        }
        for _ in 0..<count {
            let start = reader.position
            let flags = try reader.readU32()
            guard flags <= 2 else { throw .malformed("malformed data segment kind", at: start) }
            var mode = DataSegment.Mode.passive
            if flags != 1 {
                let memory = flags == 2 ? try reader.readU32() : 0
                guard memory < parts.memories.count else { throw .invalid("unknown memory \(memory)", at: start) }
                let addressType = parts.memories[Int(memory)].addressType.valueType
                mode = .active(memory: memory, offset: try readConstantExpression(&reader, of: addressType))
            }
            let size = Int(try reader.readU32())
            parts.dataSegments.append(DataSegment(mode: mode, bytes: try reader.skip(size)))
        }
    }
}
