package import WebAssembly

/// Definitions that modules' imports are resolved with, by module name and name.
package struct Linker: Sendable {
    enum Definition: Sendable {
        case host(HostFunction)
        case function(Function)
        case memory(Memory)
        case table(Table)
        case global(Global)
        case tag(Tag)

        var type: ExternalType {
            switch self {
            case .host(let function): .function(function.storage.canonicalType)
            case .function(let function): .function(function.canonicalType)
            case .memory(let memory): .memory(memory.type)
            case .table(let table): .table(table.type)
            case .global(let global): .global(global.type)
            case .tag(let tag): .tag(tag.type)
            }
        }

        /// The same, with its calls told of if it is a function of the host. The index is that of the import.
        func traced(as wanted: Import, among resolved: [Definition]) -> Definition {
            guard case .host(let function) = self else { return self }
            let index = resolved.count { definition in
                switch definition {
                case .host, .function: true
                default: false
                }
            }
            return .host(function.traced(index: index, module: wanted.module, name: wanted.name))
        }

        /// The store it belongs to; nil if it can be used in all.
        var store: Store? {
            switch self {
            case .host: nil
            case .function(let function): function.store
            case .memory(let memory): memory.store
            case .table(let table): table.store
            case .global(let global): global.store
            case .tag(let tag): tag.store
            }
        }
    }

    private var definitions: [ExactName: [ExactName: Definition]] = [:]

    package init() {}

    /// Defines a host function, which serves all stores. A later definition of a name replaces an earlier one.
    package mutating func define(module: String, name: String, _ function: HostFunction) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .host(function)
    }

    package mutating func define(module: String, name: String, _ function: Function) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .function(function)
    }

    package mutating func define(module: String, name: String, _ memory: Memory) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .memory(memory)
    }

    package mutating func define(module: String, name: String, _ table: Table) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .table(table)
    }

    package mutating func define(module: String, name: String, _ global: Global) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .global(global)
    }

    package mutating func define(module: String, name: String, _ tag: Tag) {
        definitions[ExactName(module), default: [:]][ExactName(name)] = .tag(tag)
    }

    /// Defines all exports of an instance under a module name.
    package mutating func define(_ instance: Instance, as module: String) {
        var exports: [ExactName: Definition] = [:]
        for export in instance.module.exports { exports[ExactName(export.name)] = instance.definition(of: export) }
        definitions[ExactName(module)] = exports
    }

    /// Whether anything is defined under the two names.
    package func isDefined(module: String, name: String) -> Bool {
        definitions[ExactName(module)]?[ExactName(name)] != nil
    }

    /// Resolves a module's imports.
    ///
    /// - Parameter traced: the calls that stores' observers are told of: see ``Store/callObserver``. They are found by
    ///   instructions of their own; without, code is as it always is.
    /// - Throws: ``LinkError``, which lists all imports that are unknown or of another type, or the functions that are too
    ///   large to be run.
    package func link(_ module: Module, traced: TracedCalls? = nil) throws(LinkError) -> LinkedModule {
        var resolved: [Definition] = []
        var problems: [LinkError.Problem] = []
        for wanted in module.imports {
            guard let definition = definitions[ExactName(wanted.module)]?[ExactName(wanted.name)] else {
                problems.append(LinkError.Problem(wanted: wanted, reason: .unknown))
                continue
            }
            let type = definition.type
            guard type.isSubtype(of: wanted.type) else {
                problems.append(
                    LinkError.Problem(wanted: wanted, reason: .incompatible(found: "\(type.kind) \(type)")))
                continue
            }
            resolved.append(traced == nil ? definition : definition.traced(as: wanted, among: resolved))
        }
        guard problems.isEmpty else { throw LinkError(problems: problems) }
        let linked = LinkedModule(module: module, imports: resolved, traced: traced)
        let oversized = linked.code.oversizedFunctions()
        guard oversized.isEmpty else { throw LinkError(oversizedFunctions: oversized) }
        return linked
    }
}
