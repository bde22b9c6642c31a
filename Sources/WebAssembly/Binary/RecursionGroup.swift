extension ByteReader {
    /// Types that may refer to each other, or a single one, which is given a place behind those there are.
    ///
    /// - Parameter firstIndex: the type index of the first of them. Those before it are resolved by `outer`.
    package mutating func readRecursionGroup(
        firstIndex: Int, outer: some TypeResolver
    ) throws(DecodingFailure) -> [CanonicalType] {
        let start = position
        var group = RecursionGroup(firstIndex: firstIndex, outer: outer)
        if try peek() == 0x4E {
            try skip(1)
            let count = try readCount()
            group.memberCount = count
            for _ in 0..<count { try readSubType(into: &group) }
        } else {
            group.memberCount = 1
            try readSubType(into: &group)
        }
        guard let first = TypeRegistry.shared.intern(group.members) else {
            throw .unsupported(
                "the process has defined more than \(TypeRegistry.capacity) different types", at: start)
        }
        var types: [CanonicalType] = []
        types.reserveCapacity(group.members.count)
        for place in group.members.indices {
            let type = CanonicalType(id: first + UInt32(place))
            try ByteReader.checkSupertype(of: type.definition, index: firstIndex + place, at: group.offsets[place])
            types.append(type)
        }
        return types
    }

    private mutating func readSubType(
        into group: inout RecursionGroup<some TypeResolver>
    ) throws(DecodingFailure) {
        let start = position
        var isFinal = true
        var supertype: CanonicalType?
        var depth = 0
        let form = try peek()
        if form == 0x50 || form == 0x4F {
            try skip(1)
            isFinal = form == 0x4F
            let count = try readCount()
            guard count <= 1 else { throw .invalid("sub type: more than one supertype", at: start) }
            if count == 1 {
                let index = try readU32()
                guard let above = group.supertype(at: index) else {
                    throw .invalid("unknown type \(index): a supertype comes before its subtypes", at: start)
                }
                (supertype, depth) = (above.type, above.depth + 1)
                guard depth <= TypeRegistry.maximumDepth else {
                    throw .unsupported("sub type: more than \(TypeRegistry.maximumDepth) supertypes", at: start)
                }
            }
        }
        let composite = try readCompositeType(group)
        group.members.append(SubType(isFinal: isFinal, supertype: supertype, composite: composite))
        group.depths.append(depth)
        group.offsets.append(start)
    }

    private mutating func readCompositeType(
        _ group: RecursionGroup<some TypeResolver>
    ) throws(DecodingFailure) -> CompositeType {
        let start = position
        let form = try readByte()
        switch form {
        case 0x60:
            let parameters = try readTypes(group, "parameters")
            let results = try readTypes(group, "results")
            return .function(FunctionType(parameters: parameters, results: results))
        case 0x5F:
            var fields: [FieldType] = []
            for _ in 0..<(try readCount()) { fields.append(try readFieldType(group)) }
            guard fields.count <= 10_000 else { throw .unsupported("more than 10000 fields", at: start) }
            return .structure(StructureType(fields: fields))
        case 0x5E:
            return .array(ArrayType(element: try readFieldType(group)))
        case 0x80...:
            // Forms are signed LEB128 numbers, and all fit one byte.
            throw .malformed("integer representation too long", at: start)
        default:
            throw .malformed("malformed type definition", at: start)
        }
    }

    private mutating func readTypes(
        _ group: RecursionGroup<some TypeResolver>, _ what: String
    ) throws(DecodingFailure) -> [ValueType] {
        let start = position
        var types: [ValueType] = []
        let count = try readCount()
        guard count <= ModuleDecoder.maximumArity else {
            throw .unsupported("more than \(ModuleDecoder.maximumArity) \(what)", at: start)
        }
        types.reserveCapacity(count)
        for _ in 0..<count { types.append(try readValueType(group)) }
        return types
    }

    private mutating func readFieldType(
        _ group: RecursionGroup<some TypeResolver>
    ) throws(DecodingFailure) -> FieldType {
        let storage: StorageType
        switch try peek() {
        case 0x78:
            try skip(1)
            storage = .i8
        case 0x77:
            try skip(1)
            storage = .i16
        default:
            storage = .value(try readValueType(group))
        }
        return FieldType(storage: storage, isMutable: try readMutability())
    }

    private static func checkSupertype(of type: SubType, index: Int, at offset: Int) throws(DecodingFailure) {
        guard let supertype = type.supertype?.definition else { return }
        guard !supertype.isFinal else {
            throw .invalid("sub type \(index) extends a final type", at: offset)
        }
        guard type.composite.matches(supertype.composite) else {
            throw .invalid(
                "sub type \(index) does not match its supertype: \(type.composite) against \(supertype.composite)",
                at: offset)
        }
    }
}

/// The types that may refer to each other, while they are being read.
private struct RecursionGroup<Outer: TypeResolver>: TypeResolver {
    let firstIndex: Int
    /// The types before the group.
    let outer: Outer
    var memberCount = 0
    var members: [SubType] = []
    var depths: [Int] = []
    var offsets: [Int] = []

    init(firstIndex: Int, outer: Outer) {
        self.firstIndex = firstIndex
        self.outer = outer
    }

    func heapTypeCode(ofTypeAt index: UInt32) -> UInt32? {
        if Int(index) < firstIndex { return outer.heapTypeCode(ofTypeAt: index) }
        let place = Int(index) - firstIndex
        guard place < memberCount else { return nil }
        return HeapType.groupMemberMarker | UInt32(place)
    }

    func supertype(at index: UInt32) -> (type: CanonicalType, depth: Int)? {
        if Int(index) < firstIndex {
            guard let code = outer.heapTypeCode(ofTypeAt: index) else { return nil }
            let type = CanonicalType(id: code - HeapType.firstConcreteCode)
            return (type, type.depth)
        }
        let place = Int(index) - firstIndex
        guard place < members.count else { return nil }
        return (CanonicalType(id: HeapType.groupMemberMarker | UInt32(place)), depths[place])
    }
}

extension CompositeType {
    /// Whether a type made of this may extend one made of `other` (specification, "Matching", composite types).
    func matches(_ other: CompositeType) -> Bool {
        switch (self, other) {
        case (.function(let type), .function(let other)):
            type.parameters.count == other.parameters.count && type.results.count == other.results.count
                && zip(other.parameters, type.parameters).allSatisfy { $0.isSubtype(of: $1) }
                && zip(type.results, other.results).allSatisfy { $0.isSubtype(of: $1) }
        case (.structure(let type), .structure(let other)):
            type.fields.count >= other.fields.count
                && zip(type.fields, other.fields).allSatisfy { $0.matches($1) }
        case (.array(let type), .array(let other)):
            type.element.matches(other.element)
        default:
            false
        }
    }
}

extension FieldType {
    /// Whether this field may stand where a supertype has `other`.
    func matches(_ other: FieldType) -> Bool {
        guard isMutable == other.isMutable else { return false }
        return isMutable ? storage == other.storage : storage.matches(other.storage)
    }
}

extension StorageType {
    /// Whether what is stored as this can be read as `other`.
    func matches(_ other: StorageType) -> Bool {
        switch (self, other) {
        case (.value(let type), .value(let other)): type.isSubtype(of: other)
        default: self == other
        }
    }
}
