import WebAssembly

/// The resource types that types refer to and do not introduce themselves.
struct FreeResources {
    private(set) var ids: Set<ResourceID> = []
    /// What has been looked at. The objects live as long as the types that are asked about.
    private var visited: Set<ObjectIdentifier> = []

    mutating func collect(
        _ entity: CheckedEntity, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) {
        switch entity {
        case .coreModule: break
        case .function(let type): try collect(type, &budget, at: offset)
        case .type(let type): try collect(type, &budget, at: offset)
        case .component(let type): try collect(type, &budget, at: offset)
        case .instance(let type): try collect(type, &budget, at: offset)
        }
    }

    mutating func collect(_ type: CheckedType, _ budget: inout WorkBudget, at offset: Int) throws(DecodingFailure) {
        switch type {
        case .value(let type): try collect(type, &budget, at: offset)
        case .resource(let type): ids.insert(type.id)
        case .function(let type): try collect(type, &budget, at: offset)
        case .component(let type): try collect(type, &budget, at: offset)
        case .instance(let type): try collect(type, &budget, at: offset)
        }
    }

    private mutating func collect(
        _ type: CheckedValueType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) {
        if case .primitive = type.form { return }
        guard visited.insert(ObjectIdentifier(type)).inserted else { return }
        try budget.spend(type.form.stepCount, at: offset)
        switch type.form {
        case .own(let resource), .borrow(let resource): ids.insert(resource.id)
        default: for child in type.form.children { try collect(child, &budget, at: offset) }
        }
    }

    private mutating func collect(
        _ type: CheckedFunctionType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) {
        guard visited.insert(ObjectIdentifier(type)).inserted else { return }
        try budget.spend(1 + type.parameters.count, at: offset)
        for (_, type) in type.parameters { try collect(type, &budget, at: offset) }
        if let result = type.result { try collect(result, &budget, at: offset) }
    }

    private mutating func collect(
        _ type: CheckedInstanceType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) {
        guard visited.insert(ObjectIdentifier(type)).inserted else { return }
        try budget.spend(1 + type.exports.count, at: offset)
        for (_, entity) in type.exports.all { try collect(entity, &budget, at: offset) }
        // An identity is introduced in one place only, so that nothing else can have referred to it.
        ids.subtract(type.definedResources)
    }

    private mutating func collect(
        _ type: CheckedComponentType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) {
        guard visited.insert(ObjectIdentifier(type)).inserted else { return }
        try budget.spend(1 + type.imports.count + type.exports.count, at: offset)
        for (_, entity) in type.imports.all { try collect(entity, &budget, at: offset) }
        for (_, entity) in type.exports.all { try collect(entity, &budget, at: offset) }
        ids.subtract(type.importedResources)
        ids.subtract(type.definedResources)
    }
}
