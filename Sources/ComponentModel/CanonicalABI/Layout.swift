/// How the values of a type stand in linear memory and in core values (Canonical ABI, "Alignment", "Element Size",
/// "Flattening").
///
/// Layouts are small and refer to each other by number, so that lifting and lowering walk arrays of numbers rather than
/// trees of types. ``LayoutTable`` makes them.
struct Layout: Sendable {
    /// What is done with a value. Specialised types are gone: a tuple is a record; an `option`, a `result` and an `enum`
    /// are variants; a map is a list of pairs.
    enum Kind: Sendable {
        case bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string
        /// A list whose elements are `u8`.
        case bytes
        case list
        case fixedLengthList
        case record
        case variant
        case flags
        case own
        case borrow
        /// A stream or a future, which WASI 0.3 has.
        case asynchronous
    }

    let kind: Kind
    /// Bytes in memory, a multiple of the alignment.
    let size: UInt32
    /// 1, 2, 4 or 8.
    let alignment: UInt32
    /// How many core values it takes when it is flat, at most ``LayoutTable/manyFlatValues``, which stands for all more.
    let flatCount: UInt32
    /// Records and variants: the number of the first field or case in ``LayoutTable/parts``. Lists: the number of the
    /// elements' layout.
    var first: UInt32 = 0
    /// Records and variants: how many fields or cases. Lists of fixed length: how many elements.
    var count: UInt32 = 0
    /// Variants: the bytes of the discriminant: 1, 2 or 4.
    var discriminantSize: UInt32 = 0
    /// Flags: the bits that mean something.
    var mask: UInt32 = 0
    /// Handles: the number of the resource type in the linked component.
    var resource: UInt32 = 0
    /// Whether values are copied byte by byte from one memory into another: all bits of all bytes count, and all bits
    /// are a value.
    var isPlain = false

    /// A field of a record or a case of a variant.
    struct Part: Sendable {
        /// The number of its layout; -1 for a case without a payload.
        let layout: Int32
        /// Bytes from the beginning of the record or variant.
        let offset: UInt32
        /// Core values from its beginning.
        let flatOffset: UInt32
    }
}
