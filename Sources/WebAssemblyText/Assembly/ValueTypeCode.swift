/// A value type, storage type or reference type as the text writes it: type indices are the module's own. Equal types
/// have equal codes.
struct ValueTypeCode: Hashable {
    /// The low half is a byte of the binary format or a type index, the high half a ``Form``.
    private let bits: UInt64

    private enum Form: UInt64 {
        /// A single byte: a number, a vector, a packed type, or a nullable reference to an abstract heap type.
        case byte
        /// `(ref ht)` of an abstract heap type.
        case abstract
        /// `(ref x)`.
        case concrete
        /// `(ref null x)`.
        case nullableConcrete
    }

    private init(_ form: Form, _ value: UInt32) {
        bits = form.rawValue << 32 | UInt64(value)
    }

    /// A type whose whole encoding is `byte`.
    init(byte: UInt8) {
        self.init(.byte, UInt32(byte))
    }

    /// The reference type to `heapType`.
    init(to heapType: HeapTypeCode, isNullable: Bool) {
        switch heapType {
        case .abstract(let byte): self.init(isNullable ? .byte : .abstract, UInt32(byte))
        case .index(let index): self.init(isNullable ? .nullableConcrete : .concrete, index)
        }
    }

    static let i32 = ValueTypeCode(byte: 0x7F)
    static let functionReference = ValueTypeCode(byte: 0x70)
    /// `(ref func)`, the type of a list of functions.
    static let nonNullFunctionReference = ValueTypeCode(to: .abstract(0x70), isNullable: false)

    private static let nullablePrefix: UInt8 = 0x63
    private static let nonNullPrefix: UInt8 = 0x64

    private var value: UInt32 { UInt32(truncatingIfNeeded: bits) }
    private var form: Form { Form(rawValue: bits >> 32) ?? .byte }

    var isNullableReference: Bool {
        switch form {
        case .byte: value <= 0x74 && value >= 0x69
        case .nullableConcrete: true
        case .abstract, .concrete: false
        }
    }

    /// What a reference of this type refers to.
    var heapType: HeapTypeCode {
        switch form {
        case .byte, .abstract: .abstract(UInt8(truncatingIfNeeded: value))
        case .concrete, .nullableConcrete: .index(value)
        }
    }

    @inline(__always)
    func encode(into bytes: inout [UInt8]) {
        switch form {
        case .byte:
            bytes.append(UInt8(truncatingIfNeeded: value))
        case .abstract, .concrete:
            bytes.append(Self.nonNullPrefix)
            heapType.encode(into: &bytes)
        case .nullableConcrete:
            bytes.append(Self.nullablePrefix)
            heapType.encode(into: &bytes)
        }
    }
}

/// A heap type as the text writes it.
enum HeapTypeCode: Hashable {
    /// The byte of the binary format.
    case abstract(UInt8)
    case index(UInt32)

    func encode(into bytes: inout [UInt8]) {
        switch self {
        case .abstract(let byte): bytes.append(byte)
        case .index(let index): bytes.appendSigned(Int64(index))
        }
    }
}
