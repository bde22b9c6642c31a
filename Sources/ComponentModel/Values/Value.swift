/// A value of a component-level type, outside of all memories.
///
/// Which type it is of has to be known from elsewhere: records have no labels here, and variants the number of their case.
package enum Value: Hashable, Sendable {
    case bool(Bool)
    case s8(Int8)
    case u8(UInt8)
    case s16(Int16)
    case u16(UInt16)
    case s32(Int32)
    case u32(UInt32)
    case s64(Int64)
    case u64(UInt64)
    case f32(Float)
    case f64(Double)
    case char(Unicode.Scalar)
    case string(String)
    /// A `list<u8>`, which has this form always.
    case bytes([UInt8])
    /// Any other list, of fixed length too; a map is a list of tuples.
    case list([Value])
    /// A record or a tuple: its fields in order.
    case record([Value])
    /// A variant, an `enum`, an `option` (0 none, 1 some) or a `result` (0 ok, 1 error): the number of the case and its
    /// payload.
    indirect case variant(Int, Value?)
    /// Flags: bit 0 is the first label.
    case flags(UInt32)
    /// An `own` or a `borrow`: the resource's representation, for the host's resources the host's own number.
    case resource(UInt32)

    package static let none = Value.variant(0, nil)

    package static func some(_ value: Value) -> Value { .variant(1, value) }

    package static func ok(_ value: Value? = nil) -> Value { .variant(0, value) }

    package static func error(_ value: Value? = nil) -> Value { .variant(1, value) }
}
