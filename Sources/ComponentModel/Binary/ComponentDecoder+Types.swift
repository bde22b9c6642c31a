import WebAssembly

extension ComponentDecoder {
    /// Reads a type and defines it.
    mutating func readType(_ reader: inout ByteReader) throws(DecodingFailure) -> TypeDefinition {
        let start = reader.position
        switch try reader.readByte() {
        case 0x3F:
            return try readResourceType(&reader, at: start)
        case let form where form == 0x40 || form == 0x43:
            let type = TypeDefinition.function(try readFunctionType(&reader, isAsync: form == 0x43))
            try validator.define(type, at: start)
            return type
        case 0x41:
            try validator.enter(.componentType, at: start)
            let declarations = try readDeclarations(&reader, allowingImports: true)
            try validator.leaveComponentType(at: start)
            return .component(declarations)
        case 0x42:
            try validator.enter(.instanceType, at: start)
            let declarations = try readDeclarations(&reader, allowingImports: false)
            try validator.leaveInstanceType(at: start)
            return .instance(declarations)
        case let form:
            let type = TypeDefinition.value(try readValueType(&reader, form: form, at: start))
            try validator.define(type, at: start)
            return type
        }
    }

    private mutating func readResourceType(
        _ reader: inout ByteReader, at start: Int
    ) throws(DecodingFailure) -> TypeDefinition {
        switch try reader.readByte() {
        case 0x7F: break
        case 0x7E:
            throw .unsupported("resources whose representation is an i64 are not implemented", at: start + 1)
        case let byte:
            throw .leadingByte(byte, "a resource's representation, which is an i32", at: start + 1)
        }
        let destructor = try readOptional(&reader, "resource destructor") { reader throws(DecodingFailure) in
            try reader.readU32()
        }
        let type = TypeDefinition.resource(destructor: destructor)
        try validator.define(type, at: start)
        return type
    }

    private mutating func readFunctionType(
        _ reader: inout ByteReader, isAsync: Bool
    ) throws(DecodingFailure) -> FunctionTypeDefinition {
        var parameters: [(label: String, type: ValueTypeUse)] = []
        for _ in 0..<(try readCount(&reader)) {
            parameters.append((try reader.readShortName(), try readValueTypeUse(&reader)))
        }
        return FunctionTypeDefinition(isAsync: isAsync, parameters: parameters, result: try readResult(&reader))
    }

    /// Reads the result of a function, which has one or none.
    func readResult(_ reader: inout ByteReader) throws(DecodingFailure) -> ValueTypeUse? {
        let start = reader.position
        switch try reader.readByte() {
        case 0x00: return try readValueTypeUse(&reader)
        case 0x01:
            let count = try reader.readByte()
            guard count == 0 else { throw .leadingByte(count, "number of results", at: start + 1) }
            return nil
        case let byte: throw .leadingByte(byte, "component function results", at: start)
        }
    }

    /// Reads a type that stands by its index, or a primitive one.
    func readValueTypeUse(_ reader: inout ByteReader) throws(DecodingFailure) -> ValueTypeUse {
        let start = reader.position
        let number = try reader.readS33()
        if number >= 0 { return .defined(UInt32(truncatingIfNeeded: number)) }
        // One byte's worth of negative numbers are forms of types.
        guard number >= -0x40, case let form = UInt8(truncatingIfNeeded: number) & 0x7F else {
            throw .malformed("malformed value type", at: start)
        }
        return .primitive(try primitive(form, at: start))
    }

    private func primitive(_ form: UInt8, at start: Int) throws(DecodingFailure) -> PrimitiveType {
        if let type = PrimitiveType(form: form) { return type }
        if form == 0x64 { throw .unsupported("the type error-context is not implemented", at: start) }
        throw .leadingByte(form, "component value type", at: start)
    }

    private mutating func readValueType(
        _ reader: inout ByteReader, form: UInt8, at start: Int
    ) throws(DecodingFailure) -> ValueTypeDefinition {
        switch form {
        case 0x72:
            var fields: [(label: String, type: ValueTypeUse)] = []
            for _ in 0..<(try readCount(&reader)) {
                fields.append((try reader.readShortName(), try readValueTypeUse(&reader)))
            }
            return .record(fields)
        case 0x71:
            var cases: [(label: String, type: ValueTypeUse?)] = []
            for _ in 0..<(try readCount(&reader)) {
                let label = try reader.readShortName()
                let type = try readOptionalType(&reader)
                let zero = try reader.readByte()
                guard zero == 0 else { throw .leadingByte(zero, "zero byte required", at: reader.position - 1) }
                cases.append((label, type))
            }
            return .variant(cases)
        case 0x70: return .list(try readValueTypeUse(&reader))
        case 0x67:
            let element = try readValueTypeUse(&reader)
            return .fixedLengthList(element, length: try reader.readU32())
        case 0x6F:
            var types: [ValueTypeUse] = []
            for _ in 0..<(try readCount(&reader)) { types.append(try readValueTypeUse(&reader)) }
            return .tuple(types)
        case 0x6E: return .flags(try readLabels(&reader))
        case 0x6D: return .enumeration(try readLabels(&reader))
        case 0x6B: return .option(try readValueTypeUse(&reader))
        case 0x6A:
            let ok = try readOptionalType(&reader)
            return .result(ok: ok, error: try readOptionalType(&reader))
        case 0x69: return .own(try reader.readU32())
        case 0x68: return .borrow(try reader.readU32())
        case 0x66: return .stream(try readOptionalType(&reader))
        case 0x65: return .future(try readOptionalType(&reader))
        case 0x63:
            let key = try readValueTypeUse(&reader)
            return .map(key: key, value: try readValueTypeUse(&reader))
        case 0x64:
            throw .unsupported("the type error-context is not implemented", at: start)
        default:
            guard let type = PrimitiveType(form: form) else {
                throw .leadingByte(form, "component defined type", at: start)
            }
            return .primitive(type)
        }
    }

    private mutating func readLabels(_ reader: inout ByteReader) throws(DecodingFailure) -> [String] {
        var labels: [String] = []
        for _ in 0..<(try readCount(&reader)) { labels.append(try reader.readShortName()) }
        return labels
    }

    private func readOptionalType(_ reader: inout ByteReader) throws(DecodingFailure) -> ValueTypeUse? {
        try readOptional(&reader, "optional component value type") { reader throws(DecodingFailure) in
            try readValueTypeUse(&reader)
        }
    }

    /// Reads a byte that says whether something follows, and that.
    func readOptional<Value>(
        _ reader: inout ByteReader, _ what: String, read: (inout ByteReader) throws(DecodingFailure) -> Value
    ) throws(DecodingFailure) -> Value? {
        switch try reader.readByte() {
        case 0x00: return nil
        case 0x01: return try read(&reader)
        case let byte: throw .leadingByte(byte, what, at: reader.position - 1)
        }
    }

    private mutating func readDeclarations(
        _ reader: inout ByteReader, allowingImports: Bool
    ) throws(DecodingFailure) -> [TypeDeclaration] {
        var declarations: [TypeDeclaration] = []
        for _ in 0..<(try readCount(&reader)) {
            let start = reader.position
            switch try reader.readByte() {
            case 0x00:
                for type in try readCoreType(&reader) { declarations.append(.coreType(type)) }
            case 0x01:
                declarations.append(.type(try readType(&reader)))
            case 0x02:
                let alias = try readAlias(&reader)
                try validator.define(alias, at: start)
                declarations.append(.alias(alias))
            case 0x03 where allowingImports:
                let declaration = try readImport(&reader)
                try validator.define(declaration, at: start)
                declarations.append(.import(declaration))
            case 0x04:
                let name = try readExternalName(&reader)
                let type = try readExternalType(&reader)
                try validator.declareExport(name, type, at: start)
                declarations.append(.export(name: name, type: type))
            case let byte:
                throw .leadingByte(byte, "component or instance type declaration", at: start)
            }
        }
        return declarations
    }
}

extension PrimitiveType {
    /// The primitive type that a byte of the binary format stands for.
    fileprivate init?(form: UInt8) {
        switch form {
        case 0x7F: self = .bool
        case 0x7E: self = .s8
        case 0x7D: self = .u8
        case 0x7C: self = .s16
        case 0x7B: self = .u16
        case 0x7A: self = .s32
        case 0x79: self = .u32
        case 0x78: self = .s64
        case 0x77: self = .u64
        case 0x76: self = .f32
        case 0x75: self = .f64
        case 0x74: self = .char
        case 0x73: self = .string
        default: return nil
        }
    }
}
