/// Reads the instructions of a constant expression one after the other.
struct ConstantExpressionReader {
    var reader: ByteReader
    let types: DefinedTypes

    /// The next instruction, or `nil` for `end`.
    mutating func next() throws(DecodingFailure) -> ConstantInstruction? {
        let start = reader.position
        let opcode = try readOpcode()
        switch opcode {
        case .end: return nil
        case .i32Const: return .i32(UInt32(bitPattern: try reader.readS32()))
        case .i64Const: return .i64(UInt64(bitPattern: try reader.readS64()))
        case .f32Const: return .f32(try reader.readFixed32())
        case .f64Const: return .f64(try reader.readFixed64())
        case .v128Const:
            let low = try reader.readFixed64()
            return .v128(low: low, high: try reader.readFixed64())
        case .i32Add: return .i32Add
        case .i32Sub: return .i32Subtract
        case .i32Mul: return .i32Multiply
        case .i64Add: return .i64Add
        case .i64Sub: return .i64Subtract
        case .i64Mul: return .i64Multiply
        case .globalGet: return .globalGet(try reader.readU32())
        case .refNull: return .referenceNull(HeapType(code: try reader.readHeapTypeCode(types)))
        case .refFunc: return .referenceFunction(try reader.readU32())
        case .structNew: return .structureNew(try readType(.structure))
        case .structNewDefault: return .structureNewDefault(try readType(.structure))
        case .arrayNew: return .arrayNew(try readType(.array))
        case .arrayNewDefault: return .arrayNewDefault(try readType(.array))
        case .arrayNewFixed:
            let type = try readType(.array)
            return .arrayNewFixed(type, count: try reader.readU32())
        case .refI31: return .referenceI31
        case .anyConvertExtern: return .anyConvertExternal
        case .externConvertAny: return .externalConvertAny
        default: throw .invalid("constant expression required, but found \(opcode.mnemonic)", at: start)
        }
    }

    private mutating func readOpcode() throws(DecodingFailure) -> Opcode {
        let start = reader.position
        let byte = try reader.readByte()
        let space: Opcode.Space
        switch byte {
        case 0xFB: space = .garbageCollection
        case 0xFC: space = .bulk
        case 0xFD: space = .vector
        case 0xFE: space = .atomic
        default:
            guard let opcode = Opcode(space: .plain, code: UInt32(byte)) else {
                throw .malformed("illegal opcode \(hexadecimal(byte))", at: start)
            }
            return opcode
        }
        let code = try reader.readU32()
        guard let opcode = Opcode(space: space, code: code) else {
            throw .malformed("illegal opcode \(hexadecimal(byte)) \(hexadecimal(code))", at: start)
        }
        return opcode
    }

    private mutating func readType(_ kind: CompositeType.Kind) throws(DecodingFailure) -> CanonicalType {
        let start = reader.position
        let index = try reader.readU32()
        guard index < types.types.count else {
            throw .invalid("unknown type \(index)", at: start)
        }
        let type = types.types[Int(index)]
        guard type.kind == kind else {
            throw .invalid("type mismatch: type \(index) is not of kind \(kind.heapType.keyword)", at: start)
        }
        return type
    }
}

/// At least two digits, as the binary format is usually written.
func hexadecimal(_ number: some BinaryInteger) -> String {
    let digits = String(number, radix: 16)
    return digits.count < 2 ? "0" + digits : digits
}

extension Module {
    /// The instructions of one of this module's constant expressions, without the closing `end`.
    package func instructions(of expression: ConstantExpression) -> [ConstantInstruction] {
        var reader = ConstantExpressionReader(
            reader: ByteReader(binary, in: Int(expression.start)..<Int(expression.end)),
            types: DefinedTypes(types: types))
        var instructions: [ConstantInstruction] = []
        // Validation has read the same bytes before.
        while let instruction = try? reader.next() { instructions.append(instruction) }
        return instructions
    }
}
