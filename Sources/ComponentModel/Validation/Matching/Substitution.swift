import WebAssembly

/// Types put in place of others: what an instantiation gives for what a component imports.
///
/// A type that is used many times is rebuilt once.
struct Substitution {
    private var resourceIDs: [ResourceID: ResourceID] = [:]
    private var resources: [ObjectIdentifier: CheckedResourceType] = [:]
    private var values: [ObjectIdentifier: CheckedValueType] = [:]
    private var functions: [ObjectIdentifier: CheckedFunctionType] = [:]
    private var components: [ObjectIdentifier: CheckedComponentType] = [:]
    private var instances: [ObjectIdentifier: CheckedInstanceType] = [:]

    init(_ resourceIDs: [ResourceID: ResourceID] = [:]) {
        self.resourceIDs = resourceIDs
    }

    /// The resource type in place of `id`, which is `id` itself if nothing is.
    func resolved(_ id: ResourceID) -> ResourceID { resourceIDs[id] ?? id }

    func isBound(_ id: ResourceID) -> Bool { resourceIDs[id] != nil }

    mutating func bind(_ id: ResourceID, to other: ResourceID) {
        resourceIDs[id] = other
    }

    /// Has the type at the index of an import stand for that of an argument, whose name it then has.
    mutating func bind(_ type: CheckedType, to other: CheckedType) {
        switch (type, other) {
        case (.value(let type), .value(let other)): values[ObjectIdentifier(type)] = other
        case (.resource(let type), .resource(let other)): resources[ObjectIdentifier(type)] = other
        // Other types need no names.
        default: break
        }
    }

    mutating func apply(
        to entity: CheckedEntity, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> CheckedEntity {
        switch entity {
        case .coreModule: entity
        case .function(let type): .function(try apply(to: type, &budget, at: offset))
        case .type(let type): .type(try apply(to: type, &budget, at: offset))
        case .component(let type): .component(try apply(to: type, &budget, at: offset))
        case .instance(let type): .instance(try apply(to: type, &budget, at: offset))
        }
    }

    mutating func apply(
        to entities: CheckedEntities, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> CheckedEntities {
        try budget.spend(entities.count, at: offset)
        return try entities.mapped { entity throws(DecodingFailure) in
            try apply(to: entity, &budget, at: offset)
        }
    }

    private mutating func apply(
        to type: CheckedType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> CheckedType {
        switch type {
        case .value(let type): .value(try apply(to: type, &budget, at: offset))
        case .resource(let type): .resource(apply(to: type))
        case .function(let type): .function(try apply(to: type, &budget, at: offset))
        case .component(let type): .component(try apply(to: type, &budget, at: offset))
        case .instance(let type): .instance(try apply(to: type, &budget, at: offset))
        }
    }

    private mutating func apply(to type: CheckedResourceType) -> CheckedResourceType {
        if let result = resources[ObjectIdentifier(type)] { return result }
        let id = resolved(type.id)
        let result = id == type.id ? type : CheckedResourceType(id)
        resources[ObjectIdentifier(type)] = result
        return result
    }

    private mutating func apply(
        to type: CheckedValueType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> CheckedValueType {
        if let result = values[ObjectIdentifier(type)] { return result }
        try budget.spend(type.form.stepCount, at: offset)
        let result = try rebuilt(type, &budget, at: offset)
        values[ObjectIdentifier(type)] = result
        return result
    }

    /// The type with other types in it, or itself if they are the same.
    private mutating func rebuilt(
        _ type: CheckedValueType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> CheckedValueType {
        switch type.form {
        case .own(let resource):
            let other = apply(to: resource)
            return other === resource ? type : CheckedValueType(.own(other))
        case .borrow(let resource):
            let other = apply(to: resource)
            return other === resource ? type : CheckedValueType(.borrow(other))
        default:
            let children = type.form.children
            var others: [CheckedValueType] = []
            for child in children { others.append(try apply(to: child, &budget, at: offset)) }
            guard zip(children, others).contains(where: { $0 !== $1 }) else { return type }
            return CheckedValueType(type.form.replacingChildren(by: others))
        }
    }

    private mutating func apply(
        to type: CheckedFunctionType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> CheckedFunctionType {
        if let result = functions[ObjectIdentifier(type)] { return result }
        try budget.spend(1 + type.parameters.count, at: offset)
        var isChanged = false
        var parameters = type.parameters
        for place in parameters.indices {
            let old = parameters[place].type
            parameters[place].type = try apply(to: old, &budget, at: offset)
            if parameters[place].type !== old { isChanged = true }
        }
        var result = type.result
        if let old = type.result {
            result = try apply(to: old, &budget, at: offset)
            if result !== old { isChanged = true }
        }
        let changed =
            isChanged ? CheckedFunctionType(isAsync: type.isAsync, parameters: parameters, result: result) : type
        functions[ObjectIdentifier(type)] = changed
        return changed
    }

    mutating func apply(
        to type: CheckedInstanceType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> CheckedInstanceType {
        if let result = instances[ObjectIdentifier(type)] { return result }
        let result = CheckedInstanceType(
            exports: try apply(to: type.exports, &budget, at: offset), definedResources: type.definedResources)
        instances[ObjectIdentifier(type)] = result
        return result
    }

    mutating func apply(
        to type: CheckedComponentType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> CheckedComponentType {
        if let result = components[ObjectIdentifier(type)] { return result }
        let result = CheckedComponentType(
            imports: try apply(to: type.imports, &budget, at: offset),
            exports: try apply(to: type.exports, &budget, at: offset),
            importedResources: type.importedResources, definedResources: type.definedResources)
        components[ObjectIdentifier(type)] = result
        return result
    }
}

extension CheckedValueType.Form {
    /// The same form of other types, which stand in the order of ``children``.
    fileprivate func replacingChildren(by types: [CheckedValueType]) -> CheckedValueType.Form {
        var rest = types[...]
        func next() -> CheckedValueType { rest.removeFirst() }
        switch self {
        case .primitive, .flags, .enumeration, .own, .borrow: return self
        case .record(let fields): return .record(fields.map { ($0.label, next()) })
        case .variant(let cases): return .variant(cases.map { ($0.label, $0.type == nil ? nil : next()) })
        case .list: return .list(next())
        case .fixedLengthList(_, let length): return .fixedLengthList(next(), length: length)
        case .tuple: return .tuple(types)
        case .option: return .option(next())
        case .result(let ok, let error):
            let ok = ok == nil ? nil : next()
            return .result(ok: ok, error: error == nil ? nil : next())
        case .stream(let element): return .stream(element == nil ? nil : next())
        case .future(let element): return .future(element == nil ? nil : next())
        case .map:
            let key = next()
            return .map(key: key, value: next())
        }
    }
}
