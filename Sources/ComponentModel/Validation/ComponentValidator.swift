import WebAssembly

struct ComponentValidator {
    private var scopes: [Scope] = []
    var scope: Scope {
        get { scopes[scopes.count - 1] }
        set { scopes[scopes.count - 1] = newValue }
    }

    mutating func enter(_ kind: Scope.Kind, at offset: Int) throws(DecodingFailure) {
        guard scopes.count < ComponentDecoder.maximumDepth else {
            throw .unsupported("more than \(ComponentDecoder.maximumDepth) components and types are nested", at: offset)
        }
        scopes.append(Scope(kind))
    }
    mutating func leaveComponent(at offset: Int) throws(DecodingFailure) {
        scopes.removeLast(); scope.components.append(0)
    }
    mutating func leaveComponentType(at offset: Int) throws(DecodingFailure) { scopes.removeLast() }
    mutating func leaveInstanceType(at offset: Int) throws(DecodingFailure) { scopes.removeLast() }
    mutating func leaveModuleType(_ type: CoreModuleType, at offset: Int) throws(DecodingFailure) {
        scopes.removeLast()
    }
    mutating func define(_ module: Module, at offset: Int) throws(DecodingFailure) { scope.coreModules.append(0) }
    mutating func define(_ instance: CoreInstanceDefinition, at offset: Int) throws(DecodingFailure) {}
    mutating func define(_ instance: InstanceDefinition, at offset: Int) throws(DecodingFailure) {}
    mutating func define(_ type: CoreTypeDefinition, at offset: Int) throws(DecodingFailure) {
        scope.coreTypes.append(type)
    }
    mutating func define(_ type: TypeDefinition, at offset: Int) throws(DecodingFailure) {}
    mutating func define(_ alias: Alias, at offset: Int) throws(DecodingFailure) {
        guard case .outer(.coreType, let count, let index) = alias else { return }
        guard Int(count) < scopes.count else { throw .invalid("invalid outer alias count of \(count)", at: offset) }
        let outer = scopes[scopes.count - 1 - Int(count)]
        guard index < outer.coreTypes.count else {
            throw .invalid("unknown type \(index): type index out of bounds", at: offset)
        }
        scope.coreTypes.append(outer.coreTypes[Int(index)])
    }
    mutating func define(_ canonical: CanonicalDefinition, at offset: Int) throws(DecodingFailure) {}
    mutating func define(_ declaration: ImportDeclaration, at offset: Int) throws(DecodingFailure) {}
    mutating func define(_ export: ExportDefinition, at offset: Int) throws(DecodingFailure) {}
    mutating func declareExport(_ name: ExternalName, _ type: ExternalTypeDefinition, at offset: Int)
        throws(DecodingFailure)
    {}
}

struct Scope {
    enum Kind { case component, componentType, instanceType, moduleType }
    let kind: Kind
    var coreTypes: [CoreTypeDefinition] = []
    var coreModules: [Int] = []
    var components: [Int] = []
    init(_ kind: Kind) { self.kind = kind }
}
