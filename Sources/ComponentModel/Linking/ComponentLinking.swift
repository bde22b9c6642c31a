import WebAssembly
import WebAssemblyRuntime

/// The work of linking a component: its definitions are gone through as instantiation would, with nested components where
/// they are instantiated; what cannot be done before there is a store becomes a step.
struct ComponentLinking {
    let linker: ComponentLinker
    let stubImports: Bool
    private let traced: TracedCalls?

    var problems: [ComponentLinkError.Problem] = []
    var layouts = LayoutTable.Builder()
    /// The component instances that define resource types, and their destructors' places.
    var implementations: [ResourceType: (instance: Int, ancestry: [Int], destructor: Int?)] = [:]

    var calledInterfaces: Set<String> = []
    private var steps: [LinkStep] = []
    private var modules: [Module] = []
    private var moduleNumbers: [ObjectIdentifier: Int] = [:]
    /// Where in a module's exports each name is.
    private var exportIndices: [[ExactName: Int]] = []
    private var coreInstanceCount = 0
    private var instanceCount = 0
    private var definitionCount = 0
    private var trampolines: [CoreHostFunction] = []
    private var functionPlaces: [CoreReference: Int] = [:]
    private var memoryPlaces: [CoreReference: Int] = [:]

    /// Components can instantiate others many times, which do so too: a few kilobytes could make billions of instances.
    static let maximumInstanceCount = 10_000
    static let maximumDefinitionCount = 2_000_000
    static let maximumDepth = 100

    init(_ linker: ComponentLinker, stubImports: Bool, traced: TracedCalls?) {
        self.linker = linker
        self.stubImports = stubImports
        self.traced = traced
    }

    mutating func link(_ component: Component) throws(ComponentLinkError) -> LinkedComponent {
        do {
            let scope = try instantiate(ComponentClosure(component: component, scope: nil), ancestry: [], depth: 0) {
                linking, declaration, scope throws(LinkingEnd) in
                try linking.hostItem(for: declaration, in: scope)
            }
            let stoppers = stubImports ? problems.filter { !$0.canBeStubbed } : problems
            guard stoppers.isEmpty else { throw LinkingEnd() }
            return finish(exporting: scope, modules: try translate())
        } catch {
            throw ComponentLinkError(
                problems: stubImports ? problems.filter { !$0.canBeStubbed } : problems,
                producers: Producers(of: component).description)
        }
    }

    /// Linking cannot go on; why, the problems say.
    struct LinkingEnd: Error {}

    mutating func fail(_ reason: String) -> LinkingEnd {
        problems.append(ComponentLinkError.Problem(interface: "", member: nil, reason: .unsupported(reason)))
        return LinkingEnd()
    }

    private mutating func translate() throws(LinkingEnd) -> [TranslatedModule] {
        var translated: [TranslatedModule] = []
        for module in modules {
            do {
                translated.append(try TranslatedModule(module, traced: traced))
            } catch {
                throw fail(error.description)
            }
        }
        return translated
    }

    private mutating func finish(exporting scope: LinkScope, modules: [TranslatedModule]) -> LinkedComponent {
        var exports: [ComponentExport] = []
        var functions: [ExportName: ExportedFunction] = [:]
        for name in scope.exports.names {
            switch scope.exports[name] {
            case .function(let function):
                exports.append(ComponentExport(name: name, kind: .function(function.type)))
                functions[ExportName(name)] = exported(function)
            case .instance(let instance):
                var members: [(name: String, type: FunctionType)] = []
                for member in instance.names {
                    guard case .function(let function) = instance[member] else { continue }
                    members.append((member, function.type))
                    functions[ExportName(member, in: name)] = exported(function)
                }
                exports.append(ComponentExport(name: name, kind: .instance(members)))
            case .type: exports.append(ComponentExport(name: name, kind: .other("type")))
            case .component: exports.append(ComponentExport(name: name, kind: .other("component")))
            case .coreModule: exports.append(ComponentExport(name: name, kind: .other("core module")))
            case nil: break
            }
        }
        let resources = layouts.resourceTypes.map { type in
            ResourceImplementation(
                type: type, instance: implementations[type]?.instance, destructor: implementations[type]?.destructor)
        }
        return LinkedComponent(
            exports: exports, calledInterfaces: calledInterfaces, functions: functions, modules: modules,
            layouts: layouts.finish(), resources: resources,
            instanceCount: instanceCount, steps: steps, trampolines: trampolines)
    }

    private func exported(_ function: LinkedFunction) -> ExportedFunction {
        switch function {
        case .lifted(let lifted): ExportedFunction(type: lifted.type, kind: .lifted(lifted))
        case .host(let host): ExportedFunction(type: host.type, kind: .host(host))
        case .missing(let name, let type): ExportedFunction(type: type, kind: .missing(name))
        }
    }
}

// MARK: Definitions

extension ComponentLinking {
    /// Finds what an import is given.
    typealias Supplier = (
        inout ComponentLinking, ImportDeclaration, LinkScope
    ) throws(LinkingEnd) -> LinkedItem

    /// Goes through the definitions of a component, and gives the scope with its exports.
    private mutating func instantiate(
        _ closure: ComponentClosure, ancestry: [Int], depth: Int, supply: Supplier
    ) throws(LinkingEnd) -> LinkScope {
        guard depth < Self.maximumDepth else {
            throw fail("components instantiate each other more than \(Self.maximumDepth) deep")
        }
        guard instanceCount < Self.maximumInstanceCount else {
            throw fail("it has more than \(Self.maximumInstanceCount) component instances")
        }
        let scope = LinkScope(
            outer: closure.scope, ancestry: [instanceCount] + ancestry, component: closure.component)
        instanceCount += 1
        for definition in closure.component.definitions {
            definitionCount += 1
            guard definitionCount <= Self.maximumDefinitionCount else {
                throw fail("its instances have more than \(Self.maximumDefinitionCount) definitions in all")
            }
            try define(definition, in: scope, depth: depth, supply: supply)
        }
        return scope
    }

    private mutating func define(
        _ definition: Definition, in scope: LinkScope, depth: Int, supply: Supplier
    ) throws(LinkingEnd) {
        switch definition {
        case .coreModule(let module): scope.coreModules.append(number(of: module))
        case .coreInstance(let definition): scope.coreInstances.append(try coreInstance(definition, in: scope))
        case .coreType: break
        case .component(let component):
            scope.components.append(ComponentClosure(component: component, scope: scope))
        case .instance(let definition):
            scope.instances.append(try instance(definition, in: scope, depth: depth))
        case .alias(let alias): define(alias, in: scope)
        case .type(let definition): scope.types.append(type(definition, in: scope))
        case .canonical(let definition): define(definition, in: scope)
        case .import(let declaration): scope.add(try supply(&self, declaration, scope))
        case .export(let export):
            let item = scope.item(export.definition)
            scope.add(item)
            scope.exports.add(export.name.name, item)
        }
    }

    private mutating func number(of module: Module) -> Int {
        if let number = moduleNumbers[ObjectIdentifier(module)] { return number }
        let number = modules.count
        moduleNumbers[ObjectIdentifier(module)] = number
        modules.append(module)
        var indices: [ExactName: Int] = [:]
        for (index, export) in module.exports.enumerated() { indices[ExactName(export.name)] = index }
        exportIndices.append(indices)
        return number
    }

    private func export(_ name: String, of instance: LinkedCoreInstance) -> CoreReference? {
        switch instance {
        case .instantiated(let number, let module):
            exportIndices[module][ExactName(name)].map { .export(instance: number, index: $0) }
        case .exports(let exports): exports[ExactName(name)]
        }
    }

    private mutating func coreInstance(
        _ definition: CoreInstanceDefinition, in scope: LinkScope
    ) throws(LinkingEnd) -> LinkedCoreInstance {
        switch definition {
        case .exports(let exports):
            var references: [ExactName: CoreReference] = [:]
            for export in exports { references[ExactName(export.name)] = scope.coreReference(export.definition) }
            return .exports(references)
        case .instantiation(let module, let arguments):
            guard coreInstanceCount < Self.maximumInstanceCount else {
                throw fail("it has more than \(Self.maximumInstanceCount) core instances")
            }
            var instances: [ExactName: LinkedCoreInstance] = [:]
            for argument in arguments {
                instances[ExactName(argument.name)] = scope.coreInstances[Int(argument.instance)]
            }
            let number = scope.coreModules[Int(module)]
            let references = modules[number].imports.map { wanted -> CoreReference in
                guard let instance = instances[ExactName(wanted.module)], let found = export(wanted.name, of: instance)
                else { preconditionFailure("a valid component gives core modules all that they import") }
                return found
            }
            steps.append(.instantiate(module: number, imports: imports(references)))
            coreInstanceCount += 1
            return .instantiated(coreInstanceCount - 1, module: number)
        }
    }

    /// What does not change from one instance to the next is put together once.
    private func imports(_ references: [CoreReference]) -> LinkStep.Imports {
        var constants: [ExternalValue] = []
        for reference in references {
            guard case .trampoline(let index) = reference else { return .references(references) }
            constants.append(.host(trampolines[index]))
        }
        return .constant(constants)
    }

    private mutating func instance(
        _ definition: InstanceDefinition, in scope: LinkScope, depth: Int
    ) throws(LinkingEnd) -> LinkedInstance {
        switch definition {
        case .exports(let exports):
            let instance = LinkedInstance()
            for export in exports { instance.add(export.name.name, scope.item(export.definition)) }
            return instance
        case .instantiation(let component, let arguments):
            var items: [ExactName: LinkedItem] = [:]
            for argument in arguments { items[ExactName(argument.name)] = scope.item(argument.definition) }
            let inner = try instantiate(
                scope.components[Int(component)], ancestry: scope.ancestry, depth: depth + 1
            ) { _, declaration, _ throws(LinkingEnd) in
                guard let item = items[ExactName(declaration.name.name)] else {
                    preconditionFailure("a valid component gives components all that they import")
                }
                return item
            }
            return inner.exports
        }
    }

    private mutating func define(_ alias: Alias, in scope: LinkScope) {
        switch alias {
        case .export(_, let instance, let name):
            guard let item = scope.instances[Int(instance)][name] else {
                preconditionFailure("a valid component takes from instances what they export")
            }
            scope.add(item)
        case .coreExport(let sort, let instance, let name):
            guard let reference = export(name, of: scope.coreInstances[Int(instance)]) else {
                preconditionFailure("a valid component takes from core instances what they export")
            }
            scope.add(reference, sort)
        case .outer(.coreType, _, _): break
        case .outer(let sort, let count, let index):
            scope.add(scope.enclosing(count).item(SortIndex(sort, index)))
        }
    }

    // MARK: Canonical definitions

    private mutating func define(_ definition: CanonicalDefinition, in scope: LinkScope) {
        switch definition {
        case .lift(let coreFunction, let options, let typeIndex):
            guard case .function(let type) = scope.types[Int(typeIndex)] else {
                preconditionFailure("a valid component lifts to function types")
            }
            let form: LiftedFunction.Form =
                if !options.isAsync {
                    .synchronous
                } else if let callback = options.callback {
                    .callback(place(ofFunction: scope.coreFunctions[Int(callback)]))
                } else {
                    .stackful
                }
            scope.functions.append(
                .lifted(
                    LiftedFunction(
                        type: type, plan: FunctionPlan(type, &layouts), side: side(options, in: scope),
                        function: place(ofFunction: scope.coreFunctions[Int(coreFunction)]),
                        postReturn: options.postReturn.map { place(ofFunction: scope.coreFunctions[Int($0)]) },
                        form: form, ancestry: scope.ancestry)))
        case .lower(let function, let options):
            add(lowered(scope.functions[Int(function)], options, in: scope), in: scope)
        case .resourceNew(let type):
            let functions = resourceFunctions(type, in: scope)
            add(CoreHostFunction([.i32], to: [.i32]) { try functions.new($0) }, in: scope)
        case .resourceDrop(let type):
            let functions = resourceFunctions(type, in: scope)
            add(CoreHostFunction([.i32]) { try functions.drop($0) }, in: scope)
        case .resourceRepresentation(let type):
            let functions = resourceFunctions(type, in: scope)
            add(CoreHostFunction([.i32], to: [.i32]) { try functions.representation($0) }, in: scope)
        case .asynchronous(let builtIn):
            add(asynchronous(builtIn, in: scope), in: scope)
        }
    }

    private mutating func add(_ function: CoreHostFunction, in scope: LinkScope) {
        scope.coreFunctions.append(.trampoline(trampolines.count))
        trampolines.append(traced == nil ? function : function.settlingTracedCalls())
    }

    private mutating func lowered(
        _ function: LinkedFunction, _ options: CanonicalOptions, in scope: LinkScope
    ) -> CoreHostFunction {
        let caller = side(options, in: scope)
        let plan: FunctionPlan
        if case .lifted(let callee) = function {
            plan = callee.plan
        } else {
            plan = FunctionPlan(function.type, &layouts)
        }
        let lowering = options.isAsync ? plan.asynchronousLowering : plan.lowering
        switch function {
        case .lifted(let callee):
            let lowered = LoweredGuestFunction(
                callee: callee, lowering: lowering, caller: caller,
                entered: entered(callee.ancestry, from: scope.ancestry))
            return CoreHostFunction(type: lowering.type) { try lowered.call($0) }
        case .host(let function):
            let lowered = LoweredHostFunction(function: function, plan: plan, lowering: lowering, caller: caller)
            return CoreHostFunction(type: lowering.type) { try lowered.call($0) }
        case .missing(let name, _):
            return CoreHostFunction(type: lowering.type) { _ in throw Trap.missing(name) }
        }
    }

    /// The instances that a call steps into; nil if either side is around the other, since all that is around an
    /// instance counts as entered with it.
    private func entered(_ callee: [Int], from caller: [Int]) -> [Int]? {
        if callee.contains(caller[0]) || caller.contains(callee[0]) { return nil }
        return callee.filter { !caller.contains($0) }
    }

    private mutating func resourceFunctions(_ index: UInt32, in scope: LinkScope) -> ResourceFunctions {
        guard case .resource(let type) = scope.types[Int(index)] else {
            preconditionFailure("a valid component makes handles of resource types")
        }
        let definer = implementations[type]?.ancestry ?? []
        return ResourceFunctions(
            resource: layouts.number(of: type), instance: scope.instance,
            entered: definer.filter { !scope.ancestry.contains($0) })
    }

    private mutating func asynchronous(_ builtIn: AsynchronousBuiltIn, in scope: LinkScope) -> CoreHostFunction {
        var memory: Int?
        var returned: AsynchronousFunctions.Returned?
        switch builtIn {
        case .waitableSetPoll(_, let index), .waitableSetWait(_, let index):
            memory = place(ofMemory: scope.coreMemories[Int(index)])
        case .taskReturn(let result, let options):
            let type = result.map { valueType($0, in: scope) }
            returned = AsynchronousFunctions.Returned(
                type: type.map { layouts.types.number(of: $0) } ?? -1,
                plan: FunctionPlan(FunctionType(type.map { [ValueType.Field("", $0)] } ?? []), &layouts),
                side: side(options, in: scope))
        default: break
        }
        let functions = AsynchronousFunctions(
            builtIn: builtIn, instance: scope.instance, memory: memory, returned: returned)
        return CoreHostFunction(type: functions.type) { try functions.call($0) }
    }

    private mutating func side(_ options: CanonicalOptions, in scope: LinkScope) -> SidePlan {
        SidePlan(
            instance: scope.instance, memory: options.memory.map { place(ofMemory: scope.coreMemories[Int($0)]) },
            reallocate: options.reallocate.map { place(ofFunction: scope.coreFunctions[Int($0)]) },
            stringEncoding: options.stringEncoding)
    }

    /// The place that a function has among those that instantiation takes.
    mutating func place(ofFunction reference: CoreReference) -> Int {
        if let place = functionPlaces[reference] { return place }
        let place = functionPlaces.count
        functionPlaces[reference] = place
        steps.append(.function(reference))
        return place
    }

    private mutating func place(ofMemory reference: CoreReference) -> Int {
        if let place = memoryPlaces[reference] { return place }
        let place = memoryPlaces.count
        memoryPlaces[reference] = place
        steps.append(.memory(reference))
        return place
    }
}
