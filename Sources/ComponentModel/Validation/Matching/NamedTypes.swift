import WebAssembly

/// Whether the types that an import or export refers to have names that others can see (Component Model, "Explainer.md",
/// "External Visibility of Types").
///
/// Records, variants, enumerations, flags and resource types need one. Only what is one layer deep has to be looked at: a
/// type can have got its name only if the types that it refers to had theirs.
struct NamedTypes {
    /// The types that have names in the component.
    private let names: Set<ObjectIdentifier>
    /// Those that have names in the instance type that is looked at, since it exports them.
    private var namesInside: Set<ObjectIdentifier> = []
    private var visited: Set<ObjectIdentifier> = []

    init(_ names: Set<ObjectIdentifier>) {
        self.names = names
    }

    /// Whether all that the type is made of has names; itself need not have one.
    mutating func areInside(
        _ type: CheckedType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> Bool {
        switch type {
        // Component types have been checked where they were defined. They and resource types stand for themselves.
        case .resource, .component: return true
        case .value(let type): return try areInside(type, &budget, at: offset)
        case .function(let type): return try areInside(type, &budget, at: offset)
        case .instance(let type): return try areInside(type, &budget, at: offset)
        }
    }

    mutating func areInside(
        _ type: CheckedFunctionType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> Bool {
        guard visited.insert(ObjectIdentifier(type)).inserted else { return true }
        try budget.spend(1 + type.parameters.count, at: offset)
        for (_, type) in type.parameters {
            guard try isNamed(type, &budget, at: offset) else { return false }
        }
        guard let result = type.result else { return true }
        return try isNamed(result, &budget, at: offset)
    }

    private mutating func areInside(
        _ type: CheckedInstanceType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> Bool {
        guard visited.insert(ObjectIdentifier(type)).inserted else { return true }
        try budget.spend(1 + type.exports.count, at: offset)
        for (_, entity) in type.exports.all {
            let isNamed =
                switch entity {
                case .coreModule, .component: true
                case .function(let type): try areInside(type, &budget, at: offset)
                case .type(let type): try areInside(type, &budget, at: offset)
                case .instance(let type): try areInside(type, &budget, at: offset)
                }
            guard isNamed else { return false }
            if case .type(let type) = entity, let identity = type.identity { namesInside.insert(identity) }
        }
        return true
    }

    private func hasName(_ type: ObjectIdentifier) -> Bool { names.contains(type) || namesInside.contains(type) }

    private mutating func areInside(
        _ type: CheckedValueType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> Bool {
        switch type.form {
        case .own(let resource), .borrow(let resource): return hasName(ObjectIdentifier(resource))
        default: break
        }
        try budget.spend(type.form.stepCount, at: offset)
        for child in type.form.children {
            guard try isNamed(child, &budget, at: offset) else { return false }
        }
        return true
    }

    /// Whether a type that is referred to has a name, or needs none and what it is made of has.
    private mutating func isNamed(
        _ type: CheckedValueType, _ budget: inout WorkBudget, at offset: Int
    ) throws(DecodingFailure) -> Bool {
        switch type.form {
        case .primitive: return true
        case .record, .variant, .enumeration, .flags: return hasName(ObjectIdentifier(type))
        default:
            // What has a name has been found to have nothing without one in it; what has been looked at, too.
            guard visited.insert(ObjectIdentifier(type)).inserted else { return true }
            return try areInside(type, &budget, at: offset)
        }
    }
}
