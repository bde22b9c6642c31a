import WebAssembly

/// The index spaces of a component that is being linked, or of a type, with what the indices stand for.
final class LinkScope {
    let outer: LinkScope?
    /// The component instance and those around it, by number, the innermost first. Empty for types.
    let ancestry: [Int]
    /// What the component exports under names, to call its resource types by them.
    private let component: Component?

    var functions: [LinkedFunction] = []
    var types: [LinkedType] = []
    var components: [ComponentClosure] = []
    var instances: [LinkedInstance] = []
    var coreFunctions: [CoreReference] = []
    var coreTables: [CoreReference] = []
    var coreMemories: [CoreReference] = []
    var coreGlobals: [CoreReference] = []
    var coreTags: [CoreReference] = []
    /// By their numbers among the modules of the linked component.
    var coreModules: [Int] = []
    var coreInstances: [LinkedCoreInstance] = []
    let exports = LinkedInstance()

    init(outer: LinkScope?, ancestry: [Int] = [], component: Component? = nil) {
        self.outer = outer
        self.ancestry = ancestry
        self.component = component
    }

    /// The number of the component instance that this is.
    var instance: Int { ancestry[0] }

    /// A name for the resource type that gets the next index.
    func nextResourceName() -> String {
        for case .export(let export) in component?.definitions ?? []
        where export.definition == SortIndex(.type, UInt32(types.count)) {
            return export.name.name
        }
        return "resource \(types.count)"
    }

    /// The scope of so many components or types further out.
    func enclosing(_ count: UInt32) -> LinkScope {
        var scope = self
        for _ in 0..<count {
            guard let outer = scope.outer else { preconditionFailure("a valid component has so many around it") }
            scope = outer
        }
        return scope
    }

    // MARK: Items of any sort

    func item(_ definition: SortIndex) -> LinkedItem {
        let index = Int(definition.index)
        return switch definition.sort {
        case .function: .function(functions[index])
        case .type: .type(types[index])
        case .component: .component(components[index])
        case .instance: .instance(instances[index])
        case .coreModule: .coreModule(coreModules[index])
        case .coreFunction, .coreTable, .coreMemory, .coreGlobal, .coreTag, .coreType, .coreInstance:
            preconditionFailure("a valid component passes no core definitions but modules")
        }
    }

    func add(_ item: LinkedItem) {
        switch item {
        case .function(let function): functions.append(function)
        case .type(let type): types.append(type)
        case .component(let component): components.append(component)
        case .instance(let instance): instances.append(instance)
        case .coreModule(let module): coreModules.append(module)
        }
    }

    func coreReference(_ definition: SortIndex) -> CoreReference {
        let index = Int(definition.index)
        return switch definition.sort {
        case .coreFunction: coreFunctions[index]
        case .coreTable: coreTables[index]
        case .coreMemory: coreMemories[index]
        case .coreGlobal: coreGlobals[index]
        case .coreTag: coreTags[index]
        default: preconditionFailure("a valid component puts core definitions into core instances")
        }
    }

    func add(_ reference: CoreReference, _ sort: Sort) {
        switch sort {
        case .coreFunction: coreFunctions.append(reference)
        case .coreTable: coreTables.append(reference)
        case .coreMemory: coreMemories.append(reference)
        case .coreGlobal: coreGlobals.append(reference)
        case .coreTag: coreTags.append(reference)
        default: preconditionFailure("a valid component takes core definitions from core instances")
        }
    }
}

/// What an index stands for.
enum LinkedItem {
    case function(LinkedFunction)
    case type(LinkedType)
    case component(ComponentClosure)
    case instance(LinkedInstance)
    case coreModule(Int)
}

enum LinkedFunction {
    case lifted(LiftedFunction)
    case host(HostFunction)
    case missing(name: String, FunctionType)

    var type: FunctionType {
        switch self {
        case .lifted(let function): function.type
        case .host(let function): function.type
        case .missing(_, let type): type
        }
    }
}

enum LinkedType {
    case value(ValueType)
    case function(FunctionType)
    case resource(ResourceType)
    /// With the scope that it stands in.
    case instance([TypeDeclaration], LinkScope)
    /// Nothing is ever asked of it: what has such a type was validated.
    case component
}

/// A component with the scope that its outer aliases refer to.
struct ComponentClosure {
    let component: Component
    let scope: LinkScope?
}

/// An instance of a component, or a bag of definitions.
final class LinkedInstance {
    private(set) var names: [String] = []
    private var items: [ExactName: LinkedItem] = [:]

    func add(_ name: String, _ item: LinkedItem) {
        names.append(name)
        items[ExactName(name)] = item
    }

    subscript(_ name: String) -> LinkedItem? { items[ExactName(name)] }
}

enum LinkedCoreInstance {
    /// An instance of a module, by its number and the module's.
    case instantiated(Int, module: Int)
    case exports([ExactName: CoreReference])
}
