/// What type indices stand for while types are being read.
package protocol TypeResolver {
    /// The ``HeapType/code`` of a type index, or `nil` if there is no such type.
    func heapTypeCode(ofTypeAt index: UInt32) -> UInt32?
}

/// Types that have all been read.
package struct DefinedTypes: TypeResolver {
    let types: [CanonicalType]

    package func heapTypeCode(ofTypeAt index: UInt32) -> UInt32? {
        index < types.count ? HeapType.firstConcreteCode + types[Int(index)].id : nil
    }
}

extension ModuleParts {
    var definedTypes: DefinedTypes { DefinedTypes(types: types) }
}

extension ByteReader {
    mutating func readHeapTypeCode(_ resolver: some TypeResolver) throws(DecodingFailure) -> UInt32 {
        let start = position
        let byte = try peek()
        if AbstractHeapType(rawValue: byte) != nil {
            try skip(1)
            return UInt32(byte)
        }
        let index = try readS33()
        guard index >= 0 else { throw .malformed("malformed heap type", at: start) }
        guard let code = resolver.heapTypeCode(ofTypeAt: UInt32(truncatingIfNeeded: index)) else {
            throw .invalid("unknown type \(index)", at: start)
        }
        return code
    }

    /// A value type, or `nil` (and nothing read) if the next byte begins none.
    mutating func readValueTypeIfPresent(
        _ resolver: some TypeResolver
    ) throws(DecodingFailure) -> ValueType? {
        let byte = try peek()
        switch byte {
        case 0x7B...0x7F:
            try skip(1)
            return ValueType(rawValue: UInt32(byte))
        case 0x63, 0x64:
            try skip(1)
            let code = try readHeapTypeCode(resolver)
            return .reference(ReferenceType(heapTypeCode: code, isNullable: byte == 0x63))
        default:
            guard AbstractHeapType(rawValue: byte) != nil else { return nil }
            try skip(1)
            return .reference(ReferenceType(heapTypeCode: UInt32(byte), isNullable: true))
        }
    }

    package mutating func readValueType(_ resolver: some TypeResolver) throws(DecodingFailure) -> ValueType {
        guard let type = try readValueTypeIfPresent(resolver) else {
            throw .malformed("malformed value type", at: position)
        }
        return type
    }

    mutating func readReferenceType(_ resolver: some TypeResolver) throws(DecodingFailure) -> ReferenceType {
        let start = position
        guard let type = try readValueTypeIfPresent(resolver), let reference = type.reference else {
            throw .malformed("malformed reference type", at: start)
        }
        return reference
    }

    mutating func readMutability() throws(DecodingFailure) -> Bool {
        let start = position
        switch try readByte() {
        case 0: return false
        case 1: return true
        default: throw .malformed("malformed mutability", at: start)
        }
    }

    package mutating func readGlobalType(_ resolver: some TypeResolver) throws(DecodingFailure) -> GlobalType {
        let type = try readValueType(resolver)
        return GlobalType(valueType: type, isMutable: try readMutability())
    }

    package mutating func readTableType(
        _ resolver: some TypeResolver, features: Features
    ) throws(DecodingFailure) -> TableType {
        let element = try readReferenceType(resolver)
        let start = position
        let flags = try readByte()
        guard flags & ~0b101 == 0 else { throw .malformed("malformed limits flags", at: start) }
        let addressType: AddressType = flags & 0b100 == 0 ? .i32 : .i64
        guard addressType == .i32 || features.contains(.memory64) else {
            throw .malformed("malformed limits flags", at: start)
        }
        let limits = try readLimits(
            hasMaximum: flags & 1 != 0,
            greatest: addressType == .i32 ? UInt64(UInt32.max) : .max,
            message: "table size must be at most 2^32-1")
        return TableType(element: element, limits: limits, addressType: addressType)
    }

    package mutating func readMemoryType(features: Features) throws(DecodingFailure) -> MemoryType {
        let start = position
        let flags = try readByte()
        guard flags & ~0b111 == 0 else { throw .malformed("malformed limits flags", at: start) }
        let isShared = flags & 0b10 != 0
        guard !isShared || features.contains(.threads) else { throw .malformed("malformed limits flags", at: start) }
        let addressType: AddressType = flags & 0b100 == 0 ? .i32 : .i64
        guard addressType == .i32 || features.contains(.memory64) else {
            throw .malformed("malformed limits flags", at: start)
        }
        let limits = try readLimits(
            hasMaximum: flags & 1 != 0,
            greatest: addressType == .i32 ? 1 << 16 : 1 << 48,
            message: addressType == .i32
                ? "memory size must be at most 65536 pages (4GiB)" : "memory size must be at most 2^48 pages")
        guard !isShared || limits.maximum != nil else { throw .invalid("shared memory must have maximum", at: start) }
        return MemoryType(limits: limits, addressType: addressType, isShared: isShared)
    }

    private mutating func readLimits(
        hasMaximum: Bool, greatest: UInt64, message: String
    ) throws(DecodingFailure) -> Limits {
        let start = position
        let minimum = try readU64()
        guard minimum <= greatest else { throw .invalid(message, at: start) }
        guard hasMaximum else { return Limits(minimum: minimum) }
        let maximum = try readU64()
        guard maximum <= greatest else { throw .invalid(message, at: start) }
        guard minimum <= maximum else { throw .invalid("size minimum must not be greater than maximum", at: start) }
        return Limits(minimum: minimum, maximum: maximum)
    }
}
