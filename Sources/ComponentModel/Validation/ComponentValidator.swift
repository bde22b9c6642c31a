import WebAssembly

/// Validates a component definition by definition (Component Model, "Explainer.md" and "Binary.md").
///
/// The decoder calls it in the order of the binary, and says where components and types begin and end, which is all that
/// it has to keep: the index spaces of what has begun and not ended.
struct ComponentValidator {
    /// What a component or type takes, however little is in it.
    private static let stepsPerScope = 10

    private var scopes: [Scope] = []
    private var resourceCount = 0
    var budget = WorkBudget()

    /// The innermost component or type.
    var scope: Scope {
        _read { yield scopes[scopes.count - 1] }
        _modify { yield &scopes[scopes.count - 1] }
    }

    mutating func enter(_ kind: Scope.Kind, at offset: Int) throws(DecodingFailure) {
        guard scopes.count < ComponentDecoder.maximumDepth else {
            throw .unsupported(
                "more than \(ComponentDecoder.maximumDepth) components and types are nested in each other", at: offset)
        }
        try budget.spend(ComponentValidator.stepsPerScope, at: offset)
        scopes.append(Scope(kind))
    }

    /// Ends a component and defines it in the one around it, if it is not the outermost.
    mutating func leaveComponent(at offset: Int) throws(DecodingFailure) {
        let type = try closedComponentType(at: offset)
        guard !scopes.isEmpty else { return }
        scope.components.append(type)
    }

    mutating func leaveComponentType(at offset: Int) throws(DecodingFailure) {
        try define(.component(try closedComponentType(at: offset)), at: offset)
    }

    mutating func leaveInstanceType(at offset: Int) throws(DecodingFailure) {
        let scope = scopes.removeLast()
        let type = CheckedInstanceType(exports: scope.exports, definedResources: scope.definedResources)
        try define(.instance(type), at: offset)
    }

    mutating func leaveModuleType(_ type: CoreModuleType, at offset: Int) throws(DecodingFailure) {
        scopes.removeLast()
        // What is wrong with the module type comes first; its index makes one each time it is used.
        _ = try CheckedModuleType(type, at: offset)
    }

    /// The type of a component that ends here.
    ///
    /// What its imports need must not be defined in it, and what its exports need must be imported, or exported itself:
    /// otherwise nobody could say what type they have.
    private mutating func closedComponentType(at offset: Int) throws(DecodingFailure) -> CheckedComponentType {
        let scope = scopes.removeLast()
        guard !scope.definedResources.isEmpty else {
            return CheckedComponentType(
                imports: scope.imports, exports: scope.exports, importedResources: scope.importedResources,
                definedResources: [])
        }
        var imported = FreeResources()
        for (_, entity) in scope.imports.all { try imported.collect(entity, &budget, at: offset) }
        guard !scope.definedResources.contains(where: imported.ids.contains) else {
            throw .invalid("local resource type found in imports", at: offset)
        }
        var exported = FreeResources()
        for (_, entity) in scope.exports.all { try exported.collect(entity, &budget, at: offset) }
        let defined = scope.definedResources.filter(exported.ids.contains)
        guard defined.allSatisfy(scope.exportedResources.contains) else {
            throw .invalid("local resource type found in export but not exported itself", at: offset)
        }
        return CheckedComponentType(
            imports: scope.imports, exports: scope.exports, importedResources: scope.importedResources,
            definedResources: defined)
    }

    mutating func makeResource() -> ResourceID {
        resourceCount += 1
        return ResourceID(number: resourceCount)
    }

    /// As many new resource types as there are in `ids`, each in place of one of them.
    mutating func makeResources(
        for ids: [ResourceID], at offset: Int
    ) throws(DecodingFailure) -> [ResourceID: ResourceID] {
        try budget.spend(ids.count, at: offset)
        var result: [ResourceID: ResourceID] = Dictionary(minimumCapacity: ids.count)
        for id in ids { result[id] = makeResource() }
        return result
    }

    /// The component or type that is `count` further out than the innermost.
    func enclosingScope(_ count: UInt32, at offset: Int) throws(DecodingFailure) -> Int {
        guard count < scopes.count else { throw .invalid("invalid outer alias count of \(count)", at: offset) }
        return scopes.count - 1 - Int(count)
    }

    func scope(at place: Int) -> Scope { scopes[place] }

    /// Whether there is a component that ends between the innermost scope and the one at `place`.
    func crossesComponent(to place: Int) -> Bool {
        scopes[(place + 1)...].contains { $0.kind == .component }
    }
}
