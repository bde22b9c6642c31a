/// The type of addresses into a memory, or of indices into a table.
package enum AddressType: UInt8, Sendable {
    case i32, i64

    package var valueType: ValueType {
        switch self {
        case .i32: .i32
        case .i64: .i64
        }
    }
}

/// The size something has at least, and the size it may grow to.
package struct Limits: Hashable, Sendable {
    package let minimum: UInt64
    package let maximum: UInt64?

    package init(minimum: UInt64, maximum: UInt64? = nil) {
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// A linear memory; its limits count pages.
package struct MemoryType: Hashable, Sendable {
    /// The number of bytes in a page.
    package static let pageByteCount = 65536

    package let limits: Limits
    package let addressType: AddressType
    package let isShared: Bool

    package init(limits: Limits, addressType: AddressType = .i32, isShared: Bool = false) {
        self.limits = limits
        self.addressType = addressType
        self.isShared = isShared
    }
}

/// A table of references; its limits count elements.
package struct TableType: Hashable, Sendable {
    package let element: ReferenceType
    package let limits: Limits
    package let addressType: AddressType

    package init(element: ReferenceType, limits: Limits, addressType: AddressType = .i32) {
        self.element = element
        self.limits = limits
        self.addressType = addressType
    }
}

package struct GlobalType: Hashable, Sendable {
    package let valueType: ValueType
    package let isMutable: Bool

    package init(valueType: ValueType, isMutable: Bool) {
        self.valueType = valueType
        self.isMutable = isMutable
    }
}

/// A kind of exception: the values it carries are the parameters of a function type without results.
package struct TagType: Hashable, Sendable {
    package let type: CanonicalType

    package init(type: CanonicalType) {
        self.type = type
    }

    /// The types of the values that an exception with this tag carries.
    package var parameters: [ValueType] { type.functionType?.parameters ?? [] }
}

/// What can be imported and exported.
package enum ExternalKind: UInt8, Sendable {
    case function = 0, table = 1, memory = 2, global = 3, tag = 4
}

/// The type of something that can be imported or exported.
package enum ExternalType: Hashable, Sendable {
    case function(CanonicalType)
    case table(TableType)
    case memory(MemoryType)
    case global(GlobalType)
    case tag(TagType)

    package var kind: ExternalKind {
        switch self {
        case .function: .function
        case .table: .table
        case .memory: .memory
        case .global: .global
        case .tag: .tag
        }
    }
}

extension Limits {
    /// Whether something with these limits can stand where `other` is asked for.
    package func isSubtype(of other: Limits) -> Bool {
        guard minimum >= other.minimum else { return false }
        guard let otherMaximum = other.maximum else { return true }
        guard let maximum else { return false }
        return maximum <= otherMaximum
    }
}

extension ExternalType {
    /// Whether something of this type can be imported as `other` (specification, "Import Matching").
    ///
    /// For a table or memory that exists, the minimum is its present size.
    package func isSubtype(of other: ExternalType) -> Bool {
        switch (self, other) {
        case (.function(let type), .function(let other)):
            return type.isSubtype(of: other)
        case (.table(let type), .table(let other)):
            return type.element == other.element && type.addressType == other.addressType
                && type.limits.isSubtype(of: other.limits)
        case (.memory(let type), .memory(let other)):
            return type.addressType == other.addressType && type.isShared == other.isShared
                && type.limits.isSubtype(of: other.limits)
        case (.global(let type), .global(let other)):
            guard type.isMutable == other.isMutable else { return false }
            return type.isMutable ? type.valueType == other.valueType : type.valueType.isSubtype(of: other.valueType)
        case (.tag(let type), .tag(let other)):
            return type == other
        default:
            return false
        }
    }
}

extension ExternalKind: CustomStringConvertible {
    package var description: String {
        switch self {
        case .function: "function"
        case .table: "table"
        case .memory: "memory"
        case .global: "global"
        case .tag: "tag"
        }
    }
}

extension Limits: CustomStringConvertible {
    package var description: String {
        maximum.map { "\(minimum) \($0)" } ?? "\(minimum)"
    }
}

extension ExternalType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .function(let type):
            return type.description
        case .table(let type):
            return "table \(type.addressType == .i64 ? "i64 " : "")\(type.limits) \(type.element)"
        case .memory(let type):
            return "memory \(type.addressType == .i64 ? "i64 " : "")\(type.limits)\(type.isShared ? " shared" : "")"
        case .global(let type):
            return type.isMutable ? "global (mut \(type.valueType))" : "global \(type.valueType)"
        case .tag(let type):
            return "tag \(type.type)"
        }
    }
}
