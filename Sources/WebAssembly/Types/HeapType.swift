/// What a reference refers to.
package enum HeapType: Hashable, Sendable {
    case abstract(AbstractHeapType)
    case concrete(CanonicalType)

    /// The encoding in ``ReferenceType/rawValue``: an abstract type's byte, or an identifier moved past all of those.
    var code: UInt32 {
        switch self {
        case .abstract(let type): UInt32(type.rawValue)
        case .concrete(let type): HeapType.firstConcreteCode + type.id
        }
    }

    init(code: UInt32) {
        if code >= HeapType.firstConcreteCode {
            self = .concrete(CanonicalType(id: code - HeapType.firstConcreteCode))
        } else {
            self = .abstract(AbstractHeapType(rawValue: UInt8(truncatingIfNeeded: code)) ?? .none)
        }
    }

    static let firstConcreteCode: UInt32 = 0x100

    /// Marks a reference to a member of the recursion group that is being built, by its place in the group.
    static let groupMemberMarker: UInt32 = 0x2000_0000

    /// Whether every value of this type is one of `other`.
    package func isSubtype(of other: HeapType) -> Bool {
        HeapType.isSubtype(code: code, of: other.code)
    }

    static func isSubtype(code: UInt32, of other: UInt32) -> Bool {
        if code == other || code == 0 { return true }
        if other == 0 { return false }
        if code >= firstConcreteCode {
            let type = CanonicalType(id: code - firstConcreteCode)
            if other >= firstConcreteCode { return type.isSubtype(of: CanonicalType(id: other - firstConcreteCode)) }
            return type.kind.heapType.isSubtype(of: UInt8(truncatingIfNeeded: other))
        }
        guard let type = AbstractHeapType(rawValue: UInt8(truncatingIfNeeded: code)) else { return false }
        if other >= firstConcreteCode {
            return switch CanonicalType(id: other - firstConcreteCode).kind {
            case .function: type == .noFunction
            case .structure, .array: type == .none
            }
        }
        return type.isSubtype(of: UInt8(truncatingIfNeeded: other))
    }
}

extension HeapType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .abstract(let type): type.keyword
        // Types may refer to themselves, so this goes no further into them.
        case .concrete(let type): "<\(type.kind.heapType.keyword)>"
        }
    }
}

/// A heap type that is not defined by a module. The raw value is the byte of the binary format.
package enum AbstractHeapType: UInt8, Sendable, CaseIterable {
    case noException = 0x74
    case noFunction = 0x73
    case noExternal = 0x72
    case none = 0x71
    case function = 0x70
    case external = 0x6F
    case any = 0x6E
    case equatable = 0x6D
    case i31 = 0x6C
    case structure = 0x6B
    case array = 0x6A
    case exception = 0x69

    /// The name in the text format.
    package var keyword: String {
        switch self {
        case .noException: "noexn"
        case .noFunction: "nofunc"
        case .noExternal: "noextern"
        case .none: "none"
        case .function: "func"
        case .external: "extern"
        case .any: "any"
        case .equatable: "eq"
        case .i31: "i31"
        case .structure: "struct"
        case .array: "array"
        case .exception: "exn"
        }
    }

    /// The text format's shorthand for the reference type that allows null.
    package var nullableReferenceKeyword: String {
        switch self {
        case .noException: "nullexnref"
        case .noFunction: "nullfuncref"
        case .noExternal: "nullexternref"
        case .none: "nullref"
        default: keyword + "ref"
        }
    }

    /// The topmost type of the hierarchy this belongs to.
    package var top: AbstractHeapType {
        switch self {
        case .noException, .exception: .exception
        case .noFunction, .function: .function
        case .noExternal, .external: .external
        case .none, .any, .equatable, .i31, .structure, .array: .any
        }
    }

    /// The bottommost type of the hierarchy this belongs to.
    package var bottom: AbstractHeapType {
        switch top {
        case .exception: .noException
        case .function: .noFunction
        case .external: .noExternal
        default: .none
        }
    }

    /// Whether every value of this type is one of `other`.
    package func isSubtype(of other: AbstractHeapType) -> Bool {
        if self == other || other == top { return true }
        if self == other.bottom { return self == bottom }
        switch self {
        case .i31, .structure, .array: return other == .equatable
        default: return false
        }
    }

    func isSubtype(of other: UInt8) -> Bool {
        guard let other = AbstractHeapType(rawValue: other) else { return false }
        return isSubtype(of: other)
    }
}
