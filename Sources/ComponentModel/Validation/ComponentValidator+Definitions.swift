import WebAssembly

// Imports, exports, aliases and instances.

/// Which names of a component an entity gets.
private enum Direction: String {
    case `import`, export
}

extension ComponentValidator {
    // MARK: Imports and exports

    mutating func define(_ declaration: ImportDeclaration, at offset: Int) throws(DecodingFailure) {
        let entity = try add(
            try entity(of: declaration.type, .import, at: offset), declaration.name, .import, at: offset)
        try scope.importNames.add(declaration.name, of: entity, kind: "import", at: offset)
        scope.imports.append(declaration.name.name, entity)
    }

    /// Declares an export in a component type or an instance type.
    mutating func declareExport(
        _ name: ExternalName, _ type: ExternalTypeDefinition, at offset: Int
    ) throws(DecodingFailure) {
        try export(try entity(of: type, .export, at: offset), name, at: offset)
    }

    mutating func define(_ definition: ExportDefinition, at offset: Int) throws(DecodingFailure) {
        var exported = try entity(at: definition.definition, offset: offset)
        if let type = definition.type {
            let ascribed = try entity(of: type, .export, at: offset)
            try checkAscription(of: ascribed, type, to: exported, at: offset)
            exported = ascribed
        } else if case .type(let type) = exported {
            exported = .type(type.atNewIndex)
            try budget.spend(type.stepCount, at: offset)
        }
        try export(exported, definition.name, at: offset)
    }

    private mutating func export(
        _ entity: CheckedEntity, _ name: ExternalName, at offset: Int
    ) throws(DecodingFailure) {
        let entity = try add(entity, name, .export, at: offset)
        try scope.exportNames.add(name, of: entity, kind: "export", at: offset)
        scope.exports.append(name.name, entity)
    }

    private mutating func checkAscription(
        of ascribed: CheckedEntity, _ type: ExternalTypeDefinition, to exported: CheckedEntity, at offset: Int
    ) throws(DecodingFailure) {
        var open: [ResourceID] = []
        switch ascribed {
        case .instance(let type): open = type.definedResources
        case .type(.resource(let resource)):
            // A resource type of which the export tells nothing.
            if case .resourceType = type { open = [resource.id] }
        default: break
        }
        do throws(TypeMatcher.Failure) {
            try TypeMatcher.run(open: open, &budget, at: offset) { matcher throws(TypeMatcher.Failure) in
                try matcher.match(exported, ascribed)
            }
        } catch {
            throw error.failure("ascribed type of export is not compatible with item's type: ", at: offset)
        }
    }

    /// The entity that has the type of an import or export.
    private mutating func entity(
        of type: ExternalTypeDefinition, _ direction: Direction, at offset: Int
    ) throws(DecodingFailure) -> CheckedEntity {
        switch type {
        case .coreModule(let index):
            return .coreModule(try moduleType(at: index, offset: offset))
        case .function(let index):
            guard case .function(let type) = try scope.types.at(index, "type", offset) else {
                throw .invalid("type index \(index) is not a function type", at: offset)
            }
            return .function(type)
        case .equalType(let index):
            let type = try scope.types.at(index, "type", offset)
            try budget.spend(type.stepCount, at: offset)
            return .type(type.atNewIndex)
        case .resourceType:
            let id = makeResource()
            switch direction {
            case .import: scope.importedResources.append(id)
            case .export: scope.definedResources.append(id)
            }
            return .type(.resource(CheckedResourceType(id)))
        case .component(let index):
            guard case .component(let type) = try scope.types.at(index, "type", offset) else {
                throw .invalid("type index \(index) is not a component type", at: offset)
            }
            return .component(type)
        case .instance(let index):
            guard case .instance(let type) = try scope.types.at(index, "type", offset) else {
                throw .invalid("type index \(index) is not an instance type", at: offset)
            }
            return .instance(type)
        }
    }

    /// Adds an import or export to the index space of its sort, and to what has names.
    ///
    /// - Returns: what has been added, whose resource types are its own.
    private mutating func add(
        _ entity: CheckedEntity, _ name: ExternalName, _ direction: Direction, at offset: Int
    ) throws(DecodingFailure) -> CheckedEntity {
        var entity = entity
        switch entity {
        case .instance(let type): entity = .instance(try withOwnResources(type, direction, at: offset))
        case .type(.resource(let resource)):
            if direction == .export { scope.exportedResources.insert(resource.id) }
            switch direction {
            case .import: scope.importNames.register(name.name, resource)
            case .export: scope.exportNames.register(name.name, resource)
            }
        default: break
        }
        try define(entity, at: offset)
        if scope.kind != .instanceType {
            var registered: Set<ObjectIdentifier> = []
            guard try register(entity, direction, &registered, at: offset) else {
                throw .invalid(
                    "\(entity.noun) not valid to be used as \(direction.rawValue): a type that it refers to has no name; "
                        + "\(direction.rawValue) that type before, and refer to the index that this makes", at: offset)
            }
        }
        return entity
    }

    /// An instance that is imported or exported, whose resource types are new, and are the component's from then on.
    private mutating func withOwnResources(
        _ type: CheckedInstanceType, _ direction: Direction, at offset: Int
    ) throws(DecodingFailure) -> CheckedInstanceType {
        guard !type.definedResources.isEmpty else { return type }
        let resources = try makeResources(for: type.definedResources, at: offset)
        let new = type.definedResources.compactMap { resources[$0] }
        switch direction {
        case .import: scope.importedResources += new
        case .export: scope.definedResources += new
        }
        var substitution = Substitution(resources)
        return CheckedInstanceType(exports: try substitution.apply(to: type.exports, &budget, at: offset))
    }

    /// Notes the types that get a name with an import or export.
    ///
    /// - Returns: whether all types that the entity refers to have names.
    private mutating func register(
        _ entity: CheckedEntity, _ direction: Direction, _ registered: inout Set<ObjectIdentifier>, at offset: Int
    ) throws(DecodingFailure) -> Bool {
        try budget.spend(1, at: offset)
        switch entity {
        // Components and modules are complete in themselves.
        case .coreModule, .component:
            return true
        case .function(let type):
            return try withNames(direction) { named, budget throws(DecodingFailure) in
                try named.areInside(type, &budget, at: offset)
            }
        case .type(let type):
            let isNamed = try withNames(direction) { named, budget throws(DecodingFailure) in
                try named.areInside(type, &budget, at: offset)
            }
            guard isNamed else { return false }
            let identity: ObjectIdentifier? =
                switch type {
                case .value(let type): ObjectIdentifier(type)
                case .resource(let type): ObjectIdentifier(type)
                case .function, .component, .instance: nil
                }
            if let identity {
                if direction == .import { scope.importedTypes.insert(identity) }
                scope.exportedTypes.insert(identity)
            }
            if direction == .export, case .resource(let type) = type { scope.exportedResources.insert(type.id) }
            return true
        case .instance(let type):
            guard registered.insert(ObjectIdentifier(type)).inserted else { return true }
            for (_, entity) in type.exports.all {
                guard try register(entity, direction, &registered, at: offset) else { return false }
            }
            return true
        }
    }

    private mutating func withNames(
        _ direction: Direction,
        _ body: (inout NamedTypes, inout WorkBudget) throws(DecodingFailure) -> Bool
    ) throws(DecodingFailure) -> Bool {
        var named = NamedTypes(direction == .import ? scope.importedTypes : scope.exportedTypes)
        return try body(&named, &budget)
    }

    /// What a sort and an index refer to.
    private func entity(at definition: SortIndex, offset: Int) throws(DecodingFailure) -> CheckedEntity {
        let index = definition.index
        switch definition.sort {
        case .coreModule: return .coreModule(try scope.coreModules.at(index, "module", offset))
        case .function: return .function(try scope.functions.at(index, "function", offset))
        case .type: return .type(try scope.types.at(index, "type", offset))
        case .component: return .component(try scope.components.at(index, "component", offset))
        case .instance: return .instance(try scope.instances.at(index, "instance", offset))
        case .coreFunction, .coreTable, .coreMemory, .coreGlobal, .coreTag, .coreType, .coreInstance:
            throw .invalid("of the core sorts, only modules can be exported or given to components", at: offset)
        }
    }

    private mutating func define(_ entity: CheckedEntity, at offset: Int) throws(DecodingFailure) {
        switch entity {
        case .coreModule(let type): scope.coreModules.append(type)
        case .function(let type): scope.functions.append(type)
        case .type(let type): try define(type, at: offset)
        case .component(let type): scope.components.append(type)
        case .instance(let type): try define(type, at: offset)
        }
    }

    private mutating func define(_ instance: CheckedInstanceType, at offset: Int) throws(DecodingFailure) {
        try checkDepth(instance.depth, at: offset)
        scope.instances.append(instance)
    }

    // MARK: Instances

    mutating func define(_ instance: InstanceDefinition, at offset: Int) throws(DecodingFailure) {
        switch instance {
        case .instantiation(let index, let arguments):
            let component = try scope.components.at(index, "component", offset)
            try define(try instantiate(component, with: arguments, at: offset), at: offset)
        case .exports(let exports):
            try budget.spend(exports.count, at: offset)
            var names = NameScope()
            var entities = CheckedEntities()
            for (name, definition) in exports {
                let entity = try entity(at: definition, offset: offset)
                // These exports make no indices, so that no type can refer to one.
                if case .type(.resource) = entity { names.register(name.name, nil) }
                try names.add(name, of: entity, kind: "export", at: offset)
                entities.append(name.name, entity)
            }
            try define(CheckedInstanceType(exports: entities), at: offset)
        }
    }

    private mutating func instantiate(
        _ component: CheckedComponentType, with arguments: [(name: String, definition: SortIndex)], at offset: Int
    ) throws(DecodingFailure) -> CheckedInstanceType {
        try budget.spend(arguments.count + component.imports.count, at: offset)
        var given = CheckedEntities()
        for (name, definition) in arguments {
            guard given.append(name, try entity(at: definition, offset: offset)) else {
                throw .invalid(
                    "instantiation argument `\(name)` conflicts with previous argument `\(name)`", at: offset)
            }
        }
        var substitution: Substitution
        do throws(TypeMatcher.Failure) {
            substitution = try TypeMatcher.run(
                open: component.importedResources, &budget, at: offset
            ) { matcher throws(TypeMatcher.Failure) in
                for (name, type) in component.imports.all {
                    guard let argument = given[name] else {
                        throw TypeMatcher.Failure.mismatch("missing import named `\(name)`")
                    }
                    do throws(TypeMatcher.Failure) {
                        try matcher.match(argument, type)
                    } catch {
                        guard case .mismatch(let message) = error else { throw error }
                        throw TypeMatcher.Failure.mismatch("type mismatch for import `\(name)`: \(message)")
                    }
                }
                return matcher.substitution
            }
        } catch {
            throw error.failure("", at: offset)
        }
        // Each instance has resource types of its own.
        try budget.spend(component.definedResources.count, at: offset)
        for resource in component.definedResources {
            let new = makeResource()
            substitution.bind(resource, to: new)
            scope.definedResources.append(new)
        }
        return CheckedInstanceType(exports: try substitution.apply(to: component.exports, &budget, at: offset))
    }

    // MARK: Aliases

    mutating func define(_ alias: Alias, at offset: Int) throws(DecodingFailure) {
        switch alias {
        case .coreExport(let sort, let instance, let name):
            guard scope.kind == .component else { throw ComponentValidator.aliasInType(at: offset) }
            try defineAlias(ofCoreExport: name, sort: sort, instance: instance, at: offset)
        case .export(let sort, let instance, let name):
            guard scope.kind == .component || sort == .type || sort == .instance else {
                throw ComponentValidator.aliasInType(at: offset)
            }
            try defineAlias(ofExport: name, sort: sort, instance: instance, at: offset)
        case .outer(let sort, let count, let index):
            guard scope.kind == .component || sort == .type || sort == .coreType else {
                throw ComponentValidator.aliasInType(at: offset)
            }
            try defineOuterAlias(sort: sort, count: count, index: index, at: offset)
        }
    }

    private static func aliasInType(at offset: Int) -> DecodingFailure {
        .invalid(
            "aliases in component types and instance types may only refer to types or instances: outer aliases to types, "
                + "aliases of exports to types or instances", at: offset)
    }

    private mutating func defineAlias(
        ofExport name: String, sort: Sort, instance index: UInt32, at offset: Int
    ) throws(DecodingFailure) {
        let instance = try scope.instances.at(index, "instance", offset)
        guard let entity = instance.exports[name] else {
            throw .invalid("instance \(index) has no export named `\(name)`", at: offset)
        }
        let noun: String
        switch (sort, entity) {
        case (.coreModule, .coreModule), (.function, .function), (.type, .type), (.component, .component),
            (.instance, .instance):
            return try define(entity, at: offset)
        case (.coreModule, _): noun = "module"
        case (.function, _): noun = "func"
        case (.type, _): noun = "type"
        case (.component, _): noun = "component"
        case (.instance, _): noun = "instance"
        default: throw .invalid("an instance has no exports of this sort", at: offset)
        }
        throw .invalid("export `\(name)` for instance \(index) is not a \(noun)", at: offset)
    }

    private mutating func defineOuterAlias(
        sort: Sort, count: UInt32, index: UInt32, at offset: Int
    ) throws(DecodingFailure) {
        let place = try enclosingScope(count, at: offset)
        switch sort {
        case .coreModule:
            scope.coreModules.append(try scope(at: place).coreModules.at(index, "module", offset))
        case .coreType:
            scope.coreTypes.append(try scope(at: place).coreTypes.at(index, "type", offset))
        case .component:
            scope.components.append(try scope(at: place).components.at(index, "component", offset))
        case .type:
            let type = try scope(at: place).types.at(index, "type", offset)
            if crossesComponent(to: place) {
                var free = FreeResources()
                try free.collect(type, &budget, at: offset)
                guard free.ids.isEmpty else {
                    throw .invalid(
                        "cannot alias a type that transitively refers to resources not defined in the current component; "
                            + "import the resource type instead", at: offset)
                }
            }
            try define(type, at: offset)
        default:
            throw .invalid("outer aliases are of modules, components and types only", at: offset)
        }
    }
}

extension CheckedType {
    /// How much work it is to copy it for another index.
    fileprivate var stepCount: Int {
        if case .value(let type) = self { type.form.stepCount } else { 1 }
    }
}
