package import WebAssembly

/// One definition of a component.
package enum Definition: Sendable {
    /// Adds a core module.
    case coreModule(Module)
    /// Adds a core instance.
    case coreInstance(CoreInstanceDefinition)
    /// Adds a core type.
    case coreType(CoreTypeDefinition)
    /// Adds a component.
    case component(Component)
    /// Adds an instance.
    case instance(InstanceDefinition)
    /// Adds to the index space of what it stands for.
    case alias(Alias)
    /// Adds a type.
    case type(TypeDefinition)
    /// Adds a component function (`canon lift`) or a core function (all others).
    case canonical(CanonicalDefinition)
    /// Adds to the index space of what it imports.
    case `import`(ImportDeclaration)
    /// Adds to the index space of what it exports.
    case export(ExportDefinition)
}

/// What definitions can be of. Each has an index space of its own.
package enum Sort: Hashable, Sendable {
    case coreFunction, coreTable, coreMemory, coreGlobal, coreTag, coreType, coreModule, coreInstance
    case function, type, component, instance
}

/// A definition, by its index space and its index there.
package struct SortIndex: Hashable, Sendable {
    package let sort: Sort
    package let index: UInt32

    package init(_ sort: Sort, _ index: UInt32) {
        self.sort = sort
        self.index = index
    }
}

package enum CoreInstanceDefinition: Sendable {
    /// A core module instantiated with core instances, each by the module name that it stands for.
    case instantiation(module: UInt32, arguments: [(name: String, instance: UInt32)])
    /// Core definitions under names.
    case exports([(name: String, definition: SortIndex)])
}

package enum InstanceDefinition: Sendable {
    case instantiation(component: UInt32, arguments: [(name: String, definition: SortIndex)])
    case exports([(name: ExternalName, definition: SortIndex)])
}

package enum Alias: Sendable {
    /// What an instance exports under a name.
    case export(sort: Sort, instance: UInt32, name: String)
    /// What a core instance exports under a name.
    case coreExport(sort: Sort, instance: UInt32, name: String)
    /// A definition of an enclosing component or component type: 0 is the one in which the alias stands.
    case outer(sort: Sort, count: UInt32, index: UInt32)
}

/// The name of an import or export, with its attributes (Component Model, "Binary.md", `nameattr`).
package struct ExternalName: Hashable, Sendable {
    package let name: String
    /// The interface that an instance under a plain name implements: `implements`.
    package let implements: String?
    /// `external-id`.
    package let externalID: String?

    package init(_ name: String, implements: String? = nil, externalID: String? = nil) {
        self.name = name
        self.implements = implements
        self.externalID = externalID
    }
}

package struct ImportDeclaration: Sendable {
    package let name: ExternalName
    package let type: ExternalTypeDefinition

    package init(name: ExternalName, type: ExternalTypeDefinition) {
        self.name = name
        self.type = type
    }
}

package struct ExportDefinition: Sendable {
    package let name: ExternalName
    package let definition: SortIndex
    /// The type that the export has for others, where the component says one.
    package let type: ExternalTypeDefinition?

    package init(name: ExternalName, definition: SortIndex, type: ExternalTypeDefinition?) {
        self.name = name
        self.definition = definition
        self.type = type
    }
}
