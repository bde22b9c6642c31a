/// The type definitions of a module, flattened into arrays of integers for the validator.
struct TypeShapes {
    /// By type index.
    private(set) var types: [TypeShape] = []
    /// The raw values of all parameters and results.
    private(set) var valueTypes: [UInt32] = []
    /// The fields of all structures and the elements of all arrays.
    private(set) var fields: [FieldShape] = []

    mutating func append(_ type: CanonicalType, _ definition: SubType) {
        var shape = TypeShape(id: type.id, kind: definition.composite.kind)
        switch definition.composite {
        case .function(let function):
            shape.parameters = append(function.parameters)
            shape.results = append(function.results)
        case .structure(let structure):
            let start = fields.count
            for field in structure.fields { fields.append(FieldShape(field)) }
            shape.fields = start..<fields.count
        case .array(let array):
            fields.append(FieldShape(array.element))
            shape.fields = fields.count - 1..<fields.count
        }
        types.append(shape)
    }

    private mutating func append(_ list: [ValueType]) -> Range<Int> {
        let start = valueTypes.count
        for type in list { valueTypes.append(type.rawValue) }
        return start..<valueTypes.count
    }
}

/// A type definition, without its supertype.
struct TypeShape: BitwiseCopyable {
    let id: UInt32
    let kind: CompositeType.Kind
    /// In ``TypeShapes/valueTypes``.
    var parameters: Range<Int> {
        get { expanded(first) }
        set { first = compact(newValue) }
    }
    /// In ``TypeShapes/valueTypes``.
    var results: Range<Int> {
        get { expanded(second) }
        set { second = compact(newValue) }
    }
    /// In ``TypeShapes/fields``.
    var fields: Range<Int> {
        get { expanded(first) }
        set { first = compact(newValue) }
    }

    private var first: (start: UInt32, count: UInt32) = (0, 0)
    private var second: (start: UInt32, count: UInt32) = (0, 0)

    init(id: UInt32, kind: CompositeType.Kind) {
        self.id = id
        self.kind = kind
    }

    /// A reference to this type, not null.
    var reference: UInt32 { ReferenceType.marker | (HeapType.firstConcreteCode + id) }

    /// A reference to this type, or null.
    var nullableReference: UInt32 { reference | ReferenceType.nullableMarker }

    private func expanded(_ range: (start: UInt32, count: UInt32)) -> Range<Int> {
        Int(range.start)..<Int(range.start) + Int(range.count)
    }

    private func compact(_ range: Range<Int>) -> (start: UInt32, count: UInt32) {
        (UInt32(range.lowerBound), UInt32(range.count))
    }
}

/// A field of a structure, or the elements of an array.
struct FieldShape: BitwiseCopyable {
    /// The raw value of the type on the stack.
    let unpacked: UInt32
    /// The raw value of the type stored, packed integers being 1 and 2.
    let stored: UInt32
    let isMutable: Bool

    init(_ field: FieldType) {
        unpacked = field.storage.unpacked.rawValue
        stored =
            switch field.storage {
            case .i8: 1
            case .i16: 2
            case .value(let type): type.rawValue
            }
        isMutable = field.isMutable
    }

    var isPacked: Bool { stored <= 2 }

    /// Whether bytes can be turned into it.
    var isNumericOrVector: Bool { stored & ReferenceType.marker == 0 }

    /// Whether what `source` holds can be stored in this.
    func accepts(_ source: FieldShape) -> Bool {
        if stored == source.stored { return true }
        guard !isPacked, !source.isPacked else { return false }
        return ValueType(rawValue: source.stored).isSubtype(of: ValueType(rawValue: stored))
    }
}
