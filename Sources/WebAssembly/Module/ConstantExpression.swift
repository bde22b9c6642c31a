/// An expression that instantiation evaluates: an offset, or the initial value of a global or an element.
///
/// It stays in the binary; ``Module/instructions(of:)`` reads it.
package struct ConstantExpression: Hashable, Sendable {
    /// The offset of the first instruction.
    let start: UInt32
    /// The offset after the closing `end`.
    let end: UInt32
}

/// An instruction of a constant expression. All of them work on a stack.
package enum ConstantInstruction: Hashable, Sendable {
    case i32(UInt32)
    case i64(UInt64)
    /// The bits of the number.
    case f32(UInt32)
    /// The bits of the number.
    case f64(UInt64)
    /// The bits of the vector, byte 0 being the lowest of `low`.
    case v128(low: UInt64, high: UInt64)
    case referenceNull(HeapType)
    case referenceFunction(UInt32)
    case globalGet(UInt32)
    case i32Add, i32Subtract, i32Multiply
    case i64Add, i64Subtract, i64Multiply
    case structureNew(CanonicalType)
    case structureNewDefault(CanonicalType)
    case arrayNew(CanonicalType)
    case arrayNewDefault(CanonicalType)
    case arrayNewFixed(CanonicalType, count: UInt32)
    case referenceI31
    case anyConvertExternal
    case externalConvertAny
}
