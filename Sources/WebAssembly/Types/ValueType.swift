/// The type of a value: a number, a vector or a reference.
///
/// It is one integer, so that comparing types is comparing integers. Types of a module that are referred to appear in
/// it as ``CanonicalType``, which is the same for equal types of different modules.
package struct ValueType: Hashable, Sendable {
    /// For numbers and vectors the byte of the binary format; for references bit 31, bit 30 where null is allowed, and
    /// the ``HeapType/code`` below.
    package let rawValue: UInt32

    @inlinable
    init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let i32 = ValueType(rawValue: 0x7F)
    package static let i64 = ValueType(rawValue: 0x7E)
    package static let f32 = ValueType(rawValue: 0x7D)
    package static let f64 = ValueType(rawValue: 0x7C)
    package static let v128 = ValueType(rawValue: 0x7B)

    package static func reference(_ type: ReferenceType) -> ValueType {
        ValueType(rawValue: type.rawValue)
    }

    /// `funcref`: `(ref null func)`.
    package static let functionReference = ValueType.reference(.init(to: .abstract(.function), isNullable: true))
    /// `externref`: `(ref null extern)`.
    package static let externalReference = ValueType.reference(.init(to: .abstract(.external), isNullable: true))
    /// `exnref`: `(ref null exn)`.
    package static let exceptionReference = ValueType.reference(.init(to: .abstract(.exception), isNullable: true))

    /// The type of a value that unreachable code leaves open; only the validator meets it.
    static let bottom = ValueType(rawValue: 0)

    /// The kinds of value types, to switch over.
    package enum Kind: Hashable, Sendable {
        case i32, i64, f32, f64, v128
        case reference(ReferenceType)
    }

    package var kind: Kind {
        switch rawValue {
        case ValueType.i32.rawValue: .i32
        case ValueType.i64.rawValue: .i64
        case ValueType.f32.rawValue: .f32
        case ValueType.f64.rawValue: .f64
        case ValueType.v128.rawValue: .v128
        default: .reference(ReferenceType(rawValue: rawValue))
        }
    }

    package var isReference: Bool { rawValue & ReferenceType.marker != 0 }

    /// The reference type this is, or `nil` for a number or vector.
    package var reference: ReferenceType? { isReference ? ReferenceType(rawValue: rawValue) : nil }

    /// Whether a local of this type has a value before it is set: all but references that cannot be null.
    package var isDefaultable: Bool { !isReference || rawValue & ReferenceType.nullableMarker != 0 }

    /// Whether every value of this type is one of `other`.
    package func isSubtype(of other: ValueType) -> Bool {
        if rawValue == other.rawValue { return true }
        guard isReference, other.isReference else { return rawValue == 0 }
        return ReferenceType(rawValue: rawValue).isSubtype(of: ReferenceType(rawValue: other.rawValue))
    }
}

extension ValueType: CustomStringConvertible {
    package var description: String {
        switch rawValue {
        case 0: "any value"
        case ValueType.i32.rawValue: "i32"
        case ValueType.i64.rawValue: "i64"
        case ValueType.f32.rawValue: "f32"
        case ValueType.f64.rawValue: "f64"
        case ValueType.v128.rawValue: "v128"
        default: ReferenceType(rawValue: rawValue).description
        }
    }
}

/// The type of a reference: what it refers to, and whether it may be null.
package struct ReferenceType: Hashable, Sendable {
    /// As in ``ValueType/rawValue``.
    let rawValue: UInt32

    static let marker: UInt32 = 0x8000_0000
    static let nullableMarker: UInt32 = 0x4000_0000
    static let heapTypeMask: UInt32 = 0x3FFF_FFFF

    init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package init(to heapType: HeapType, isNullable: Bool) {
        self.init(heapTypeCode: heapType.code, isNullable: isNullable)
    }

    init(heapTypeCode: UInt32, isNullable: Bool) {
        rawValue = ReferenceType.marker | (isNullable ? ReferenceType.nullableMarker : 0) | heapTypeCode
    }

    package var isNullable: Bool { rawValue & ReferenceType.nullableMarker != 0 }

    package var heapType: HeapType { HeapType(code: heapTypeCode) }

    var heapTypeCode: UInt32 { rawValue & ReferenceType.heapTypeMask }

    /// The same without null.
    package var nonNullable: ReferenceType { ReferenceType(rawValue: rawValue & ~ReferenceType.nullableMarker) }

    /// The same with null.
    package var nullable: ReferenceType { ReferenceType(rawValue: rawValue | ReferenceType.nullableMarker) }

    /// Whether every reference of this type is one of `other`.
    package func isSubtype(of other: ReferenceType) -> Bool {
        if isNullable && !other.isNullable { return false }
        return HeapType.isSubtype(code: heapTypeCode, of: other.heapTypeCode)
    }

    /// The type of references of this type without those of type `other`, as a failed cast does.
    func subtracting(_ other: ReferenceType) -> ReferenceType {
        other.isNullable ? nonNullable : self
    }
}

extension ReferenceType: CustomStringConvertible {
    package var description: String {
        if isNullable, case .abstract(let heapType) = heapType { return heapType.nullableReferenceKeyword }
        return "(ref \(isNullable ? "null " : "")\(heapTypeCode == 0 ? "any type" : heapType.description))"
    }
}
