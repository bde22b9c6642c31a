import WebAssembly

// Imports and exports.

/// Which names of a component an entity gets.
private enum Direction: String {
    case `import`, export
}

extension ComponentValidator {
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
            if direction == .import, let identity = type.identity, scope.exportedTypes.contains(identity),
                !scope.importedTypes.contains(identity)
            {
                throw .invalid(
                    "type not valid to be used as import: an export has made type index \(index), and imports cannot "
                        + "refer to exports", at: offset)
            }
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
        try append(entity, at: offset)
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
            if let identity = type.identity {
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
    func entity(at definition: SortIndex, offset: Int) throws(DecodingFailure) -> CheckedEntity {
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

    /// Adds to the index space of the entity's sort.
    mutating func append(_ entity: CheckedEntity, at offset: Int) throws(DecodingFailure) {
        switch entity {
        case .coreModule(let type): scope.coreModules.append(type)
        case .function(let type): scope.functions.append(type)
        case .type(let type): try define(type, at: offset)
        case .component(let type): scope.components.append(type)
        case .instance(let type): try define(type, at: offset)
        }
    }

    mutating func define(_ instance: CheckedInstanceType, at offset: Int) throws(DecodingFailure) {
        try checkDepth(instance.depth, at: offset)
        scope.instances.append(instance)
    }
}

extension CheckedType {
    /// How much work it is to copy it for another index.
    fileprivate var stepCount: Int {
        if case .value(let type) = self { type.form.stepCount } else { 1 }
    }
}
