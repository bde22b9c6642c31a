import WebAssembly

/// A component, or a type in which things are declared, while it is being read: its index spaces, imports and exports.
struct Scope {
    enum Kind {
        case component, componentType, instanceType, moduleType
    }

    let kind: Kind

    var coreFunctions: [CanonicalType] = []
    var coreTables: [TableType] = []
    var coreMemories: [MemoryType] = []
    var coreGlobals: [GlobalType] = []
    var coreTags: [TagType] = []
    var coreTypes: [CoreTypeDefinition] = []
    var coreModules: [CheckedModuleType] = []
    var coreInstances: [CheckedCoreInstance] = []
    var functions: [CheckedFunctionType] = []
    var types: [CheckedType] = []
    var components: [CheckedComponentType] = []
    var instances: [CheckedInstanceType] = []

    var imports = CheckedEntities()
    var exports = CheckedEntities()
    var importNames = NameScope()
    var exportNames = NameScope()

    /// The types at indices that imports have made, which have names that imports and exports can refer to.
    var importedTypes: Set<ObjectIdentifier> = []
    /// The types at indices that imports and exports have made, which have names that exports can refer to.
    var exportedTypes: Set<ObjectIdentifier> = []

    /// The resource types that imports have introduced, in order.
    var importedResources: [ResourceID] = []
    /// The resource types that are new in each instance, in order.
    var definedResources: [ResourceID] = []
    /// Those whose representations and destructors are defined right here.
    var localResources: Set<ResourceID> = []
    /// Those that are exported as types.
    var exportedResources: Set<ResourceID> = []

    init(_ kind: Kind) {
        self.kind = kind
    }
}

extension Array {
    /// The element at an index of an index space.
    ///
    /// - Parameter what: what the index space is of.
    func at(_ index: UInt32, _ what: String, _ offset: Int) throws(DecodingFailure) -> Element {
        guard index < count else {
            throw .invalid("unknown \(what) \(index): \(what) index out of bounds", at: offset)
        }
        return self[Int(index)]
    }
}
