import WebAssembly

/// The names of the imports, or of the exports, of a component, an instance or one of their types.
struct NameScope {
    /// By ``ParsedName/key(of:)``.
    private var names: [[UInt8]: String] = [:]
    /// The names of resource types.
    private var resourceNames: Set<String> = []
    /// The name of the resource type at each index that has one.
    private var resources: [ObjectIdentifier: String] = [:]

    /// Gives a resource type at its index a name, by which members of the resource go.
    ///
    /// - Parameter type: the type at the index that the import or export makes; `nil` if it makes none.
    mutating func register(_ name: String, _ type: CheckedResourceType?) {
        resourceNames.insert(name)
        if let type { resources[ObjectIdentifier(type)] = name }
    }

    /// Checks a name and what it says of its entity, and adds it.
    ///
    /// - Parameter kind: `import` or `export`.
    mutating func add(
        _ name: ExternalName, of entity: CheckedEntity, kind: String, at offset: Int
    ) throws(DecodingFailure) {
        let text = name.name
        let parsed: ParsedName
        do throws(NameFault) {
            parsed = try ParsedName(text)
        } catch {
            throw .invalid("\(kind) name `\(text)` is not a valid extern name: \(error.message)", at: offset)
        }
        try check(name.implements, of: entity, text, parsed, at: offset)
        do throws(NameFault) {
            try check(parsed, of: entity)
        } catch {
            throw .invalid("\(kind) name `\(text)` is not valid: \(error.message)", at: offset)
        }
        if let previous = names.updateValue(text, forKey: parsed.key(of: text)) {
            throw .invalid("\(kind) name `\(text)` conflicts with previous name `\(previous)`", at: offset)
        }
    }

    private func check(
        _ implements: String?, of entity: CheckedEntity, _ name: String, _ parsed: ParsedName, at offset: Int
    ) throws(DecodingFailure) {
        guard let implements else { return }
        guard case .instance = entity else {
            throw .invalid("only instances can have an `implements`, but `\(name)` is a \(entity.noun)", at: offset)
        }
        guard case .label = parsed else {
            throw .invalid("name `\(name)` is not valid with `implements`: it is not a plain name", at: offset)
        }
        do throws(NameFault) {
            guard case .interface = try ParsedName(implements) else {
                throw NameFault("what is implemented must be an interface, such as `wasi:http/handler`")
            }
        } catch {
            throw .invalid("`\(implements)` is not a valid name for `implements`: \(error.message)", at: offset)
        }
    }

    /// Checks what the annotation of a name says of a function.
    private func check(_ name: ParsedName, of entity: CheckedEntity) throws(NameFault) {
        switch name {
        case .label, .interface:
            return
        case .constructor(let resource):
            let type = try function(entity)
            guard let result = type.result else { throw NameFault("function should return one value") }
            let made: CheckedValueType? = if case .result(let ok, _) = result.form { ok } else { result }
            guard case .own(let type)? = made?.form else {
                throw NameFault("function should return `(own $T)` or `(result (own $T))`")
            }
            try check(type, isNamed: resource)
        case .method(let resource):
            let type = try function(entity)
            guard let first = type.parameters.first else {
                throw NameFault("function should have at least one argument")
            }
            guard first.label == "self" else {
                throw NameFault("function should have a first argument called `self`")
            }
            guard case .borrow(let type) = first.type.form else {
                throw NameFault("function should take a first argument of `(borrow $T)`")
            }
            try check(type, isNamed: resource)
        case .static(let resource):
            _ = try function(entity)
            guard resourceNames.contains(resource) else {
                throw NameFault("static resource name is not known in this context")
            }
        }
    }

    private func function(_ entity: CheckedEntity) throws(NameFault) -> CheckedFunctionType {
        guard case .function(let type) = entity else { throw NameFault("item is not a func, but a \(entity.noun)") }
        return type
    }

    private func check(_ type: CheckedResourceType, isNamed name: String) throws(NameFault) {
        guard let known = resources[ObjectIdentifier(type)] else {
            throw NameFault("resource used in function does not have a name in this context")
        }
        guard known == name else {
            throw NameFault("function does not match expected resource name `\(known)`")
        }
    }
}
