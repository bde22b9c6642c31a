/// A type of component values, with the resource types that it refers to.
///
/// It is a node that others refer to, made once for each definition, so that a type which is used many times is there
/// once. Equality is that of the structure, labels included.
package final class ValueType: Sendable {
    package enum Kind: Sendable {
        case bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string
        case record([Field])
        case variant([Case])
        case list(ValueType)
        case fixedLengthList(ValueType, length: UInt32)
        case tuple([ValueType])
        case flags([String])
        case enumeration([String])
        case option(ValueType)
        case result(ok: ValueType?, error: ValueType?)
        case own(ResourceType)
        case borrow(ResourceType)
        case stream(ValueType?)
        case future(ValueType?)
        case map(key: ValueType, value: ValueType)
    }

    package struct Field: Sendable {
        package let label: String
        package let type: ValueType

        package init(_ label: String, _ type: ValueType) {
            self.label = label
            self.type = type
        }
    }

    package struct Case: Sendable {
        package let label: String
        package let type: ValueType?

        package init(_ label: String, _ type: ValueType? = nil) {
            self.label = label
            self.type = type
        }
    }

    package let kind: Kind

    package init(_ kind: Kind) {
        self.kind = kind
    }
}

extension ValueType {
    package static let bool = ValueType(.bool)
    package static let s8 = ValueType(.s8)
    package static let u8 = ValueType(.u8)
    package static let s16 = ValueType(.s16)
    package static let u16 = ValueType(.u16)
    package static let s32 = ValueType(.s32)
    package static let u32 = ValueType(.u32)
    package static let s64 = ValueType(.s64)
    package static let u64 = ValueType(.u64)
    package static let f32 = ValueType(.f32)
    package static let f64 = ValueType(.f64)
    package static let char = ValueType(.char)
    package static let string = ValueType(.string)
    /// `list<u8>`.
    package static let bytes = ValueType(.list(.u8))

    package static func record(_ fields: (String, ValueType)...) -> ValueType {
        ValueType(.record(fields.map { Field($0.0, $0.1) }))
    }

    package static func variant(_ cases: (String, ValueType?)...) -> ValueType {
        ValueType(.variant(cases.map { Case($0.0, $0.1) }))
    }

    package static func list(_ element: ValueType) -> ValueType { ValueType(.list(element)) }

    package static func tuple(_ types: ValueType...) -> ValueType { ValueType(.tuple(types)) }

    package static func flags(_ labels: String...) -> ValueType { ValueType(.flags(labels)) }

    package static func enumeration(_ labels: String...) -> ValueType { ValueType(.enumeration(labels)) }

    package static func option(_ type: ValueType) -> ValueType { ValueType(.option(type)) }

    package static func result(_ ok: ValueType? = nil, _ error: ValueType? = nil) -> ValueType {
        ValueType(.result(ok: ok, error: error))
    }

    package static func own(_ type: ResourceType) -> ValueType { ValueType(.own(type)) }

    package static func borrow(_ type: ResourceType) -> ValueType { ValueType(.borrow(type)) }
}
