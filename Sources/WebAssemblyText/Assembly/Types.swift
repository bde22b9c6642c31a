import WebAssembly

/// Value types, heap types and the definitions of types.
extension ModuleAssembler {
    // MARK: Value types

    /// The type that a keyword alone means: a number, a vector, or the short form of a reference type.
    private static func type(of keyword: Keyword) -> ValueTypeCode? {
        switch keyword {
        case .i32: ValueTypeCode(byte: 0x7F)
        case .i64: ValueTypeCode(byte: 0x7E)
        case .f32: ValueTypeCode(byte: 0x7D)
        case .f64: ValueTypeCode(byte: 0x7C)
        case .v128: ValueTypeCode(byte: 0x7B)
        default: referenceType(of: keyword)
        }
    }

    private static func referenceType(of keyword: Keyword) -> ValueTypeCode? {
        let heapType: AbstractHeapType
        switch keyword {
        case .funcref: heapType = .function
        case .externref: heapType = .external
        case .anyref: heapType = .any
        case .eqref: heapType = .equatable
        case .i31ref: heapType = .i31
        case .structref: heapType = .structure
        case .arrayref: heapType = .array
        case .nullref: heapType = .none
        case .nullfuncref: heapType = .noFunction
        case .nullexternref: heapType = .noExternal
        case .exnref: heapType = .exception
        case .nullexnref: heapType = .noException
        default: return nil
        }
        return ValueTypeCode(byte: heapType.rawValue)
    }

    static func heapType(of keyword: Keyword) -> AbstractHeapType? {
        switch keyword {
        case .func: .function
        case .extern: .external
        case .any: .any
        case .eq: .equatable
        case .i31: .i31
        case .struct: .structure
        case .array: .array
        case .none: AbstractHeapType.none
        case .nofunc: .noFunction
        case .noextern: .noExternal
        case .exn: .exception
        case .noexn: .noException
        default: nil
        }
    }

    /// Whether a value type comes next.
    var isAtValueType: Bool {
        if let keyword = reader.keyword(at: reader.position) { return Self.type(of: keyword) != nil }
        return reader.isAtOpening(.ref)
    }

    var isAtReferenceType: Bool {
        if let keyword = reader.keyword(at: reader.position) { return Self.referenceType(of: keyword) != nil }
        return reader.isAtOpening(.ref)
    }

    mutating func readValueType() throws(SyntaxError) -> ValueTypeCode {
        if let keyword = reader.keyword(at: reader.position), let type = Self.type(of: keyword) {
            reader.advance()
            return type
        }
        guard reader.isAtOpening(.ref) else { throw reader.unexpected("a value type") }
        return try readReferenceType()
    }

    mutating func readReferenceType() throws(SyntaxError) -> ValueTypeCode {
        if let keyword = reader.keyword(at: reader.position), let type = Self.referenceType(of: keyword) {
            reader.advance()
            return type
        }
        guard reader.acceptOpening(.ref) else { throw reader.unexpected("a reference type") }
        let isNullable = reader.accept(.null)
        let heapType = try readHeapType()
        try reader.expectClose()
        return ValueTypeCode(to: heapType, isNullable: isNullable)
    }

    mutating func readHeapType() throws(SyntaxError) -> HeapTypeCode {
        if let keyword = reader.keyword(at: reader.position), let type = Self.heapType(of: keyword) {
            reader.advance()
            return .abstract(type.rawValue)
        }
        guard reader.isAtIndex else { throw reader.unexpected("a heap type") }
        return .index(try readIndex(types))
    }

    // MARK: Indices

    /// Reads a number or an identifier of `space`.
    @inline(__always)
    mutating func readIndex(_ space: IndexSpace) throws(SyntaxError) -> UInt32 {
        guard let symbol = reader.acceptIdentifier() else {
            guard reader.isAtNumber else { throw reader.unexpected("the index of a \(space.category)") }
            return try reader.readUInt32()
        }
        guard let index = space.index(of: symbol) else { throw unknown(space.category) }
        return index
    }

    /// The error that the identifier just read is not bound.
    func unknown(_ category: String) -> SyntaxError {
        let position = reader.position - 1
        return SyntaxError(at: reader.token(at: position).start, "unknown \(category) \(reader.spelling(at: position))")
    }

    // MARK: Type definitions

    /// Encodes the `(type …)` field whose first two tokens have been read, as a recursion group of its own.
    mutating func encodeTypeField() throws(SyntaxError) {
        typeSection.count += 1
        try encodeTypeDefinition(isAlone: true)
    }

    /// Encodes the `(rec …)` field whose first two tokens have been read.
    mutating func encodeRecursionGroup() throws(SyntaxError) {
        typeSection.count += 1
        var count = 0
        var position = reader.position
        while reader.token(at: position).kind == .open {
            count += 1
            position = reader.closing(of: position) + 1
        }
        if count != 1 {
            typeSection.entries.append(0x4E)
            typeSection.entries.appendUnsigned(count)
        }
        while reader.isAtOpen {
            try reader.expectOpening(.type)
            try encodeTypeDefinition(isAlone: count == 1)
        }
        try reader.expectClose()
    }

    /// `id? comptype)` or `id? (sub final? supertype* comptype))`
    private mutating func encodeTypeDefinition(isAlone: Bool) throws(SyntaxError) {
        _ = reader.acceptIdentifier()
        if reader.acceptOpening(.sub) {
            let isFinal = reader.accept(.final)
            var supertypes: [UInt32] = []
            while reader.isAtIndex { supertypes.append(try readIndex(types)) }
            let isPlain = isFinal && supertypes.isEmpty
            if !isPlain {
                typeSection.entries.append(isFinal ? 0x4F : 0x50)
                typeSection.entries.appendUnsigned(supertypes.count)
                for supertype in supertypes { typeSection.entries.appendUnsigned(supertype) }
            }
            try encodeCompositeType(isPlain: isPlain && isAlone)
            try reader.expectClose()
        } else {
            try encodeCompositeType(isPlain: isAlone)
        }
        try reader.expectClose()
    }

    private mutating func encodeCompositeType(isPlain: Bool) throws(SyntaxError) {
        if reader.acceptOpening(.func) {
            signature.removeAll()
            try readSignature(bindingParameters: .allowed)
            try reader.expectClose()
            typeSection.entries.append(0x60)
            Self.encode(signature, into: &typeSection.entries)
            signatures.define(signature, isPlain: isPlain)
        } else if reader.acceptOpening(.struct) {
            try encodeStructureType()
            signatures.defineAggregate()
        } else if reader.acceptOpening(.array) {
            typeSection.entries.append(0x5E)
            try encodeFieldType()
            try reader.expectClose()
            signatures.defineAggregate()
        } else {
            throw reader.unexpected(
                "a function, structure or array type", at: reader.position + (reader.isAtOpen ? 1 : 0))
        }
    }

    private mutating func encodeStructureType() throws(SyntaxError) {
        var count = 0
        let start = typeSection.entries.count
        while reader.acceptOpening(.field) {
            if reader.acceptIdentifier() != nil {
                try encodeFieldType()
                count += 1
            } else {
                while !reader.isAtClose {
                    try encodeFieldType()
                    count += 1
                }
            }
            try reader.expectClose()
        }
        try reader.expectClose()
        var head: [UInt8] = [0x5F]
        head.appendUnsigned(count)
        typeSection.entries.insert(contentsOf: head, at: start)
    }

    /// `t` or `(mut t)`, of a storage type.
    private mutating func encodeFieldType() throws(SyntaxError) {
        let isMutable = reader.acceptOpening(.mut)
        if reader.accept(.i8) {
            typeSection.entries.append(0x78)
        } else if reader.accept(.i16) {
            typeSection.entries.append(0x77)
        } else {
            try readValueType().encode(into: &typeSection.entries)
        }
        if isMutable { try reader.expectClose() }
        typeSection.entries.append(isMutable ? 1 : 0)
    }

    static func encode(_ signature: SignatureBuffer, into bytes: inout [UInt8]) {
        bytes.appendUnsigned(signature.parameterCount)
        for type in signature.types[..<signature.parameterCount] { type.encode(into: &bytes) }
        bytes.appendUnsigned(signature.resultCount)
        for type in signature.types[signature.parameterCount...] { type.encode(into: &bytes) }
    }
}
