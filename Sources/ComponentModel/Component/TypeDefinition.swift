package import WebAssembly

/// A definition in the type index space (Component Model, "Binary.md", `deftype`). Indices are those of the index spaces
/// where it stands.
package enum TypeDefinition: Sendable {
    case value(ValueTypeDefinition)
    case function(FunctionTypeDefinition)
    case component([TypeDeclaration])
    case instance([TypeDeclaration])
    /// A resource type, whose representation is an `i32`. The destructor is a core function.
    case resource(destructor: UInt32?)
}

/// A value type where it is used: a primitive one, or one that is defined.
package enum ValueTypeUse: Hashable, Sendable {
    case primitive(PrimitiveType)
    /// By its index in the type index space.
    case defined(UInt32)
}

package enum PrimitiveType: Hashable, Sendable, CaseIterable {
    case bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string
}

package enum ValueTypeDefinition: Sendable {
    case primitive(PrimitiveType)
    case record([(label: String, type: ValueTypeUse)])
    case variant([(label: String, type: ValueTypeUse?)])
    case list(ValueTypeUse)
    case fixedLengthList(ValueTypeUse, length: UInt32)
    case tuple([ValueTypeUse])
    case flags([String])
    case enumeration([String])
    case option(ValueTypeUse)
    case result(ok: ValueTypeUse?, error: ValueTypeUse?)
    /// A handle to a resource type, by its index.
    case own(UInt32)
    case borrow(UInt32)
    case stream(ValueTypeUse?)
    case future(ValueTypeUse?)
    case map(key: ValueTypeUse, value: ValueTypeUse)
}

package struct FunctionTypeDefinition: Sendable {
    package let isAsync: Bool
    package let parameters: [(label: String, type: ValueTypeUse)]
    package let result: ValueTypeUse?

    package init(isAsync: Bool, parameters: [(label: String, type: ValueTypeUse)], result: ValueTypeUse?) {
        self.isAsync = isAsync
        self.parameters = parameters
        self.result = result
    }
}

/// A declaration in a component type or an instance type. Index spaces of these types begin empty.
package enum TypeDeclaration: Sendable {
    case coreType(CoreTypeDefinition)
    case type(TypeDefinition)
    case alias(Alias)
    /// Only in component types.
    case `import`(ImportDeclaration)
    case export(name: ExternalName, type: ExternalTypeDefinition)
}

/// The type of an import or export (Component Model, "Binary.md", `externdesc`).
package enum ExternalTypeDefinition: Sendable {
    /// A core module, by the index of its core type.
    case coreModule(UInt32)
    /// A function, by the index of its type.
    case function(UInt32)
    /// A type that equals another.
    case equalType(UInt32)
    /// A resource type of which nothing is known.
    case resourceType
    case component(UInt32)
    case instance(UInt32)
}

/// A definition in the core type index space. A recursive group is one definition for each of its types.
package enum CoreTypeDefinition: Sendable {
    case type(CanonicalType)
    case module(CoreModuleType)
}

/// The type of a core module: what it imports and exports.
package struct CoreModuleType: Sendable {
    package let imports: [Import]
    package let exports: [(name: String, type: ExternalType)]

    package init(imports: [Import], exports: [(name: String, type: ExternalType)]) {
        self.imports = imports
        self.exports = exports
    }
}
