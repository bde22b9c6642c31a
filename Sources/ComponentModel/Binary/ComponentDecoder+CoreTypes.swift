import WebAssembly

/// The core type index space, as what core types refer to.
struct CoreTypeSpace: TypeResolver {
    let types: [CoreTypeDefinition]

    func heapTypeCode(ofTypeAt index: UInt32) -> UInt32? {
        guard index < types.count, case .type(let type) = types[Int(index)] else { return nil }
        return type.heapTypeCode
    }
}

extension ComponentDecoder {
    /// Reads a core type, or a group of core types that may refer to each other, and defines them.
    ///
    /// A module type and a core type that is not final begin with the same byte, which here is prefixed with a zero for the
    /// latter (Component Model, "Binary.md", `core:deftype`).
    mutating func readCoreType(_ reader: inout ByteReader) throws(DecodingFailure) -> [CoreTypeDefinition] {
        let start = reader.position
        if try reader.peek() == 0x50 {
            try reader.skip(1)
            let type = CoreTypeDefinition.module(try readModuleType(&reader, at: start))
            try validator.define(type, at: start)
            return [type]
        }
        return try readCoreTypeGroup(&reader)
    }

    private mutating func readCoreTypeGroup(
        _ reader: inout ByteReader
    ) throws(DecodingFailure) -> [CoreTypeDefinition] {
        let start = reader.position
        if try reader.peek() == 0x00 {
            try reader.skip(1)
            let byte = try reader.peek()
            guard byte == 0x50 else { throw .leadingByte(byte, "a core type", at: reader.position) }
        }
        let space = CoreTypeSpace(types: validator.scope.coreTypes)
        var types: [CoreTypeDefinition] = []
        for type in try reader.readRecursionGroup(firstIndex: space.types.count, outer: space) {
            types.append(.type(type))
        }
        try validator.budget.spend(types.count, at: start)
        for type in types { try validator.define(type, at: start) }
        return types
    }

    /// Reads the declarations of a module type, whose core type index space begins empty.
    private mutating func readModuleType(
        _ reader: inout ByteReader, at start: Int
    ) throws(DecodingFailure) -> CoreModuleType {
        try validator.enter(.moduleType, at: start)
        var imports: [Import] = []
        var exports: [(name: String, type: ExternalType)] = []
        for _ in 0..<(try readCount(&reader)) {
            let start = reader.position
            switch try reader.readByte() {
            case 0x00:
                let module = try reader.readShortName()
                let name = try reader.readShortName()
                imports.append(Import(module: module, name: name, type: try readCoreExternalType(&reader)))
            case 0x01:
                let byte = try reader.peek()
                guard byte != 0x50 else {
                    throw .invalid("invalid leading byte (0x50): a module type cannot define a module type", at: start)
                }
                _ = try readCoreTypeGroup(&reader)
            case 0x02:
                try readCoreAlias(&reader)
            case 0x03:
                let name = try reader.readShortName()
                exports.append((name, try readCoreExternalType(&reader)))
            case let byte:
                throw .leadingByte(byte, "type definition", at: start)
            }
        }
        let type = CoreModuleType(imports: imports, exports: exports)
        try validator.leaveModuleType(type, at: start)
        return type
    }

    private mutating func readCoreAlias(_ reader: inout ByteReader) throws(DecodingFailure) {
        let start = reader.position
        let sort = try reader.readByte()
        guard sort == 0x10 else { throw .leadingByte(sort, "outer alias kind", at: start) }
        let target = try reader.readByte()
        guard target == 0x01 else { throw .leadingByte(target, "outer alias target", at: start + 1) }
        let count = try reader.readU32()
        let index = try reader.readU32()
        try validator.define(.outer(sort: .coreType, count: count, index: index), at: start)
    }

    private mutating func readCoreExternalType(_ reader: inout ByteReader) throws(DecodingFailure) -> ExternalType {
        let space = CoreTypeSpace(types: validator.scope.coreTypes)
        let start = reader.position
        switch try reader.readByte() {
        case 0x00:
            return .function(try readCoreFunctionType(&reader, space))
        case 0x01:
            return .table(try reader.readTableType(space, features: .all))
        case 0x02:
            return .memory(try reader.readMemoryType(features: .all))
        case 0x03:
            return .global(try reader.readGlobalType(space))
        case 0x04:
            let attribute = try reader.readByte()
            guard attribute == 0 else { throw .malformed("malformed tag attribute", at: start + 1) }
            let type = try readCoreFunctionType(&reader, space)
            guard type.functionType?.results.isEmpty == true else {
                throw .invalid("non-empty tag result type", at: start)
            }
            return .tag(TagType(type: type))
        case let byte:
            throw .leadingByte(byte, "core external kind", at: start)
        }
    }

    private func readCoreFunctionType(
        _ reader: inout ByteReader, _ space: CoreTypeSpace
    ) throws(DecodingFailure) -> CanonicalType {
        let start = reader.position
        let index = try reader.readU32()
        guard index < space.types.count else {
            throw .invalid("unknown type \(index): type index out of bounds", at: start)
        }
        guard case .type(let type) = space.types[Int(index)], type.kind == .function else {
            throw .invalid("core type index \(index) is not a function type", at: start)
        }
        return type
    }
}

extension DecodingFailure {
    /// A byte that begins none of what can stand here.
    static func leadingByte(_ byte: UInt8, _ what: String, at offset: Int) -> DecodingFailure {
        .malformed("invalid leading byte (0x\(String(byte, radix: 16))) for \(what)", at: offset)
    }
}
