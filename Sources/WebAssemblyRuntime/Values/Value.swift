import WebAssembly

/// A value as the embedder sees it. Floating-point numbers are held by their bits, so that NaN payloads survive.
package enum Value: Hashable, Sendable {
    case i32(UInt32)
    case i64(UInt64)
    case f32(bits: UInt32)
    case f64(bits: UInt64)
    case v128(V128)
    case reference(Reference)

    /// A signed 32-bit integer. Literals are taken for unsigned ones.
    @_disfavoredOverload
    package static func i32(_ value: Int32) -> Value { .i32(UInt32(bitPattern: value)) }

    /// A signed 64-bit integer. Literals are taken for unsigned ones.
    @_disfavoredOverload
    package static func i64(_ value: Int64) -> Value { .i64(UInt64(bitPattern: value)) }

    /// A single-precision number.
    package static func f32(_ value: Float) -> Value { .f32(bits: value.bitPattern) }

    /// A double-precision number.
    package static func f64(_ value: Double) -> Value { .f64(bits: value.bitPattern) }
}

/// A reference as the embedder sees it. It stays valid as long as its store lives; a reference to an object of the
/// garbage-collected heap only as long as the guest, a global or a table keeps that object.
package enum Reference: Hashable, Sendable {
    /// The null reference of any type.
    case null
    /// A function.
    case function(Function)
    /// A host value given to the guest as `externref`: a number whose meaning is the embedder's.
    case external(UInt32)
    /// An unboxed 31-bit integer, sign-extended.
    case i31(Int32)
    /// A structure.
    case structure(ObjectReference)
    /// An array.
    case array(ObjectReference)
    /// A caught exception.
    case exception(ObjectReference)
}

/// The identity of an object in a store's garbage-collected heap.
package struct ObjectReference: Hashable, Sendable {
    let address: UInt
}
