import WebAssembly

/// Whether something has the type that is asked for (Component Model, "Explainer.md", "Type Checking").
///
/// What is asked for may introduce resource types: those that a component imports, say. The first thing that is matched
/// with one of them is what it stands for from then on.
struct TypeMatcher {
    /// What the resource types and types that are asked for stand for.
    var substitution = Substitution()
    /// The resource types that stand for whatever comes.
    private let open: Set<ResourceID>
    private var budget: WorkBudget
    private let offset: Int
    /// Pairs that have been found to match, so that types that are used many times are compared once.
    var matched: Set<Pair> = []

    struct Pair: Hashable {
        let actual: ObjectIdentifier
        let expected: ObjectIdentifier
    }

    private init(open: some Sequence<ResourceID>, budget: WorkBudget, offset: Int) {
        self.open = Set(open)
        self.budget = budget
        self.offset = offset
    }

    /// Matches with a new matcher.
    ///
    /// - Parameter open: the resource types that what is asked for introduces.
    static func run<Result>(
        open: [ResourceID], _ budget: inout WorkBudget, at offset: Int,
        _ body: (inout TypeMatcher) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var matcher = TypeMatcher(open: open, budget: budget, offset: offset)
        defer { budget = matcher.budget }
        return try body(&matcher)
    }

    /// Why types do not match.
    enum Failure: Error {
        case mismatch(String)
        /// It takes too long to tell.
        case exhausted(DecodingFailure)

        func failure(_ context: String, at offset: Int) -> DecodingFailure {
            switch self {
            case .mismatch(let message): .invalid(context + message, at: offset)
            case .exhausted(let failure): failure
            }
        }
    }

    mutating func spend(_ steps: Int) throws(Failure) {
        do throws(DecodingFailure) {
            try budget.spend(steps, at: offset)
        } catch {
            throw .exhausted(error)
        }
    }

    /// Runs `body`, and says where a mismatch was.
    mutating func within(
        _ place: @autoclosure () -> String, _ body: (inout TypeMatcher) throws(Failure) -> Void
    ) throws(Failure) {
        do throws(Failure) {
            try body(&self)
        } catch {
            guard case .mismatch(let message) = error else { throw error }
            throw .mismatch("\(place()): \(message)")
        }
    }

    mutating func match(_ actual: CheckedEntity, _ expected: CheckedEntity) throws(Failure) {
        try spend(1)
        switch (actual, expected) {
        case (.coreModule(let actual), .coreModule(let expected)): try match(actual, expected)
        case (.function(let actual), .function(let expected)): try match(actual, expected)
        case (.type(let actual), .type(let expected)): try match(actual, expected)
        case (.component(let actual), .component(let expected)): try match(actual, expected)
        case (.instance(let actual), .instance(let expected)): try match(actual, expected)
        default: throw .mismatch("expected \(expected.noun), found \(actual.noun)")
        }
    }

    private mutating func match(_ actual: CheckedModuleType, _ expected: CheckedModuleType) throws(Failure) {
        if actual === expected { return }
        try spend(actual.imports.count + expected.imports.count + expected.exports.count)
        // Whoever instantiates it gives what `expected` imports.
        for needed in actual.imports {
            guard let given = expected.importTypes[.init(needed)] else {
                throw .mismatch("missing expected import `\(needed.module)::\(needed.name)`")
            }
            if let mismatch = CoreMatching.mismatch(given, needed.type) {
                throw .mismatch("type mismatch in import `\(needed.module)::\(needed.name)`: \(mismatch)")
            }
        }
        for (name, type) in expected.exports {
            guard let export = actual.exports[name] else {
                throw .mismatch("missing expected export `\(name.string)`")
            }
            if let mismatch = CoreMatching.mismatch(export, type) {
                throw .mismatch("type mismatch in export `\(name.string)`: \(mismatch)")
            }
        }
    }

    mutating func match(_ actual: CheckedInstanceType, _ expected: CheckedInstanceType) throws(Failure) {
        let pair = Pair(actual: ObjectIdentifier(actual), expected: ObjectIdentifier(expected))
        if matched.contains(pair) { return }
        try matchExports(actual.exports, expected.exports, of: "instance")
        matched.insert(pair)
    }

    private mutating func matchExports(
        _ actual: CheckedEntities, _ expected: CheckedEntities, of what: String
    ) throws(Failure) {
        try spend(expected.count)
        for (name, type) in expected.all {
            guard let export = actual[name] else { throw .mismatch("missing expected export `\(name)`") }
            try within("type mismatch in \(what) export `\(name)`") { matcher throws(Failure) in
                try matcher.match(export, type)
            }
        }
    }

    /// A component is what is asked for if it can be instantiated with what that one imports, and then exports what that
    /// one exports.
    private mutating func match(_ actual: CheckedComponentType, _ expected: CheckedComponentType) throws(Failure) {
        let expected = try substituted(expected)
        let exports = try TypeMatcher.run(
            open: actual.importedResources, &budget, at: offset
        ) { matcher throws(Failure) in
            for (name, needed) in actual.imports.all {
                guard let given = expected.imports[name] else {
                    throw Failure.mismatch("missing expected import `\(name)`")
                }
                try matcher.within("type mismatch in component import `\(name)`") { matcher throws(Failure) in
                    try matcher.match(given, needed)
                }
            }
            return try matcher.substituted(actual.exports)
        }
        try TypeMatcher.run(open: expected.definedResources, &budget, at: offset) { matcher throws(Failure) in
            try matcher.matchExports(exports, expected.exports, of: "component")
        }
    }

    private mutating func substituted(_ type: CheckedComponentType) throws(Failure) -> CheckedComponentType {
        do throws(DecodingFailure) {
            return try substitution.apply(to: type, &budget, at: offset)
        } catch {
            throw .exhausted(error)
        }
    }

    private mutating func substituted(_ entities: CheckedEntities) throws(Failure) -> CheckedEntities {
        do throws(DecodingFailure) {
            return try substitution.apply(to: entities, &budget, at: offset)
        } catch {
            throw .exhausted(error)
        }
    }

    /// Matches a type with one that it has to be equal to.
    mutating func match(_ actual: CheckedType, _ expected: CheckedType) throws(Failure) {
        try spend(1)
        switch (actual, expected) {
        case (.resource(let actual), .resource(let expected)):
            if open.contains(expected.id), !substitution.isBound(expected.id) {
                substitution.bind(expected.id, to: actual.id)
            }
            try match(actual, expected)
        case (.value(let actual), .value(let expected)): try match(actual, expected)
        case (.function(let actual), .function(let expected)): try match(actual, expected)
        case (.component(let actual), .component(let expected)):
            try match(actual, expected)
            let expected = try substituted(expected)
            try TypeMatcher.run(open: [], &budget, at: offset) { matcher throws(Failure) in
                try matcher.match(expected, actual)
            }
        case (.instance(let actual), .instance(let expected)): try matchInstanceTypes(actual, expected)
        default: throw .mismatch("expected \(expected.noun), found \(actual.noun)")
        }
        substitution.bind(expected, to: actual)
    }

    /// Two instance types are equal if an instance of either is one of the other, whatever resource types it has.
    private mutating func matchInstanceTypes(
        _ actual: CheckedInstanceType, _ expected: CheckedInstanceType
    ) throws(Failure) {
        let substituted: CheckedInstanceType
        do throws(DecodingFailure) {
            substituted = try substitution.apply(to: expected, &budget, at: offset)
        } catch {
            throw .exhausted(error)
        }
        for (first, second) in [(actual, substituted), (substituted, actual)] {
            try TypeMatcher.run(open: second.definedResources, &budget, at: offset) { matcher throws(Failure) in
                try matcher.match(first, second)
            }
        }
    }

    func match(_ actual: CheckedResourceType, _ expected: CheckedResourceType) throws(Failure) {
        guard actual.id == substitution.resolved(expected.id) else {
            throw .mismatch("resource types are not the same")
        }
    }

    private mutating func match(_ actual: CheckedFunctionType, _ expected: CheckedFunctionType) throws(Failure) {
        try spend(1 + expected.parameters.count)
        guard actual.isAsync == expected.isAsync else {
            throw .mismatch(
                expected.isAsync
                    ? "expected an async function, found a sync one" : "expected a sync function, found an async one")
        }
        guard actual.parameters.count == expected.parameters.count else {
            throw .mismatch("expected \(expected.parameters.count) parameters, found \(actual.parameters.count)")
        }
        for (actual, expected) in zip(actual.parameters, expected.parameters) {
            guard actual.label == expected.label else {
                throw .mismatch("expected parameter named `\(expected.label)`, found `\(actual.label)`")
            }
            try within("type mismatch in function parameter `\(expected.label)`") { matcher throws(Failure) in
                try matcher.match(actual.type, expected.type)
            }
        }
        switch (actual.result, expected.result) {
        case (nil, nil): break
        case (let actual?, let expected?):
            try within("type mismatch with result type") { matcher throws(Failure) in
                try matcher.match(actual, expected)
            }
        case (_?, nil): throw .mismatch("expected no result, found one")
        case (nil, _?): throw .mismatch("expected a result, found none")
        }
    }
}
