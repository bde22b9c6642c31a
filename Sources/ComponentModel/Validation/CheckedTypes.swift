import WebAssembly

/// A resource type's identity. Each definition, each import with the bound `sub resource`, and each instantiation makes
/// new ones.
struct ResourceID: Hashable {
    private let number: Int

    /// The one with this number among those that a validator makes.
    init(number: Int) {
        self.number = number
    }
}

/// A resource type at one of its indices: equal to all others with the same identity, except that one may have a name that
/// others can see, and another not.
final class CheckedResourceType {
    let id: ResourceID

    init(_ id: ResourceID) {
        self.id = id
    }
}

final class CheckedFunctionType {
    let isAsync: Bool
    let parameters: [(label: String, type: CheckedValueType)]
    let result: CheckedValueType?

    init(isAsync: Bool, parameters: [(label: String, type: CheckedValueType)], result: CheckedValueType?) {
        self.isAsync = isAsync
        self.parameters = parameters
        self.result = result
    }
}

/// What is in a component's type index space.
enum CheckedType {
    case value(CheckedValueType)
    case resource(CheckedResourceType)
    case function(CheckedFunctionType)
    case component(CheckedComponentType)
    case instance(CheckedInstanceType)

    var noun: String {
        switch self {
        case .value: "defined type"
        case .resource: "resource"
        case .function: "func"
        case .component: "component"
        case .instance: "instance"
        }
    }

    /// The same type, as another index has it.
    var atNewIndex: CheckedType {
        switch self {
        case .value(let type): .value(CheckedValueType(type.form))
        case .resource(let type): .resource(CheckedResourceType(type.id))
        case .function, .component, .instance: self
        }
    }

    var depth: Int {
        switch self {
        case .value(let type): type.depth
        case .resource: 1
        case .function: 1
        case .component(let type): type.depth
        case .instance(let type): type.depth
        }
    }
}

/// What has been imported or exported, or can be.
enum CheckedEntity {
    case coreModule(CheckedModuleType)
    case function(CheckedFunctionType)
    case type(CheckedType)
    case component(CheckedComponentType)
    case instance(CheckedInstanceType)

    var noun: String {
        switch self {
        case .coreModule: "module"
        case .function: "func"
        case .type: "type"
        case .component: "component"
        case .instance: "instance"
        }
    }

    var depth: Int {
        switch self {
        case .coreModule, .function: 1
        case .type(let type): type.depth
        case .component(let type): type.depth
        case .instance(let type): type.depth
        }
    }
}

/// Imports or exports, in order and by name.
struct CheckedEntities {
    private(set) var all: [(name: String, entity: CheckedEntity)] = []
    private var places: [ExactName: Int] = [:]

    var count: Int { all.count }

    subscript(name: String) -> CheckedEntity? { places[ExactName(name)].map { all[$0].entity } }

    /// Adds one, unless there is one of that name.
    @discardableResult
    mutating func append(_ name: String, _ entity: CheckedEntity) -> Bool {
        let key = ExactName(name)
        guard places[key] == nil else { return false }
        places[key] = all.count
        all.append((name, entity))
        return true
    }

    /// The same names with other entities.
    func mapped(
        _ transform: (CheckedEntity) throws(DecodingFailure) -> CheckedEntity
    ) throws(DecodingFailure) -> CheckedEntities {
        var result = self
        for place in all.indices { result.all[place].entity = try transform(all[place].entity) }
        return result
    }

    var depth: Int { all.lazy.map(\.entity.depth).max() ?? 0 }
}

final class CheckedInstanceType {
    let exports: CheckedEntities
    /// The resource types that each instance of this type has for itself, in the order of their exports.
    let definedResources: [ResourceID]
    let depth: Int

    init(exports: CheckedEntities, definedResources: [ResourceID] = []) {
        self.exports = exports
        self.definedResources = definedResources
        depth = 1 + exports.depth
    }
}

final class CheckedComponentType {
    let imports: CheckedEntities
    let exports: CheckedEntities
    /// The resource types that whoever instantiates it has to provide.
    let importedResources: [ResourceID]
    /// The resource types that each instance has for itself.
    let definedResources: [ResourceID]
    let depth: Int

    init(
        imports: CheckedEntities, exports: CheckedEntities, importedResources: [ResourceID],
        definedResources: [ResourceID]
    ) {
        self.imports = imports
        self.exports = exports
        self.importedResources = importedResources
        self.definedResources = definedResources
        depth = 1 + max(imports.depth, exports.depth)
    }
}
