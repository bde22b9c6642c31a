/// The parameters and results of a function, of a block or of an exception's tag.
package struct FunctionType: Hashable, Sendable {
    package let parameters: [ValueType]
    package let results: [ValueType]

    package init(parameters: [ValueType], results: [ValueType]) {
        self.parameters = parameters
        self.results = results
    }
}

/// The fields of a structure.
package struct StructureType: Hashable, Sendable {
    package let fields: [FieldType]

    package init(fields: [FieldType]) {
        self.fields = fields
    }
}

/// The elements of an array.
package struct ArrayType: Hashable, Sendable {
    package let element: FieldType

    package init(element: FieldType) {
        self.element = element
    }
}

/// A field of a structure, or the elements of an array.
package struct FieldType: Hashable, Sendable {
    package let storage: StorageType
    package let isMutable: Bool

    package init(storage: StorageType, isMutable: Bool) {
        self.storage = storage
        self.isMutable = isMutable
    }
}

/// How a field is stored: as a value, or as one of the packed integers, which are `i32` on the stack.
package enum StorageType: Hashable, Sendable {
    case i8
    case i16
    case value(ValueType)

    /// The type of the field's value on the stack.
    package var unpacked: ValueType {
        switch self {
        case .i8, .i16: .i32
        case .value(let type): type
        }
    }

    package var isPacked: Bool {
        switch self {
        case .i8, .i16: true
        case .value: false
        }
    }

    /// The number of bytes a data segment has for each field, or `nil` for references, which it cannot hold.
    package var byteCount: Int? {
        switch self {
        case .i8: return 1
        case .i16: return 2
        case .value(let type):
            switch type.kind {
            case .i32, .f32: return 4
            case .i64, .f64: return 8
            case .v128: return 16
            case .reference: return nil
            }
        }
    }
}

/// A type that a module defines, but for its place among subtypes.
package enum CompositeType: Hashable, Sendable {
    case function(FunctionType)
    case structure(StructureType)
    case array(ArrayType)

    /// The kinds of composite types.
    package enum Kind: UInt8, Sendable, BitwiseCopyable {
        case function, structure, array

        /// The abstract type that all types of this kind are subtypes of.
        package var heapType: AbstractHeapType {
            switch self {
            case .function: .function
            case .structure: .structure
            case .array: .array
            }
        }
    }

    package var kind: Kind {
        switch self {
        case .function: .function
        case .structure: .structure
        case .array: .array
        }
    }
}

/// A type definition: what it is made of, which type it extends, and whether others may extend it.
package struct SubType: Hashable, Sendable {
    package let isFinal: Bool
    package let supertype: CanonicalType?
    package let composite: CompositeType

    package init(isFinal: Bool = true, supertype: CanonicalType? = nil, composite: CompositeType) {
        self.isFinal = isFinal
        self.supertype = supertype
        self.composite = composite
    }
}

extension FunctionType: CustomStringConvertible {
    package var description: String {
        "[\(parameters.map(\.description).joined(separator: " "))] -> "
            + "[\(results.map(\.description).joined(separator: " "))]"
    }
}

extension FieldType: CustomStringConvertible {
    package var description: String {
        let storage =
            switch storage {
            case .i8: "i8"
            case .i16: "i16"
            case .value(let type): type.description
            }
        return isMutable ? "(mut \(storage))" : storage
    }
}

extension CompositeType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .function(let type): "func \(type)"
        case .structure(let type): "struct [\(type.fields.map(\.description).joined(separator: " "))]"
        case .array(let type): "array \(type.element)"
        }
    }
}
