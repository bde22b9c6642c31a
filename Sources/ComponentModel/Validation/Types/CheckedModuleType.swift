import WebAssembly

/// What a core module imports and exports.
final class CheckedModuleType {
    let imports: [Import]
    let exports: [ExactName: ExternalType]

    /// Whether an import has this name is asked only where module types are compared.
    private(set) lazy var importTypes: [ImportName: ExternalType] = Dictionary(
        imports.map { (ImportName($0), $0.type) }, uniquingKeysWith: { first, _ in first })

    struct ImportName: Hashable {
        let module: ExactName
        let name: ExactName

        init(_ declaration: Import) {
            module = ExactName(declaration.module)
            name = ExactName(declaration.name)
        }
    }

    private init(imports: [Import], exports: [ExactName: ExternalType]) {
        self.imports = imports
        self.exports = exports
    }

    convenience init(_ module: Module, at offset: Int) throws(DecodingFailure) {
        var exports: [ExactName: ExternalType] = Dictionary(minimumCapacity: module.exports.count)
        for export in module.exports { exports[ExactName(export.name)] = module.type(of: export) }
        try self.init(checking: module.imports, exports: exports, at: offset)
    }

    convenience init(_ type: CoreModuleType, at offset: Int) throws(DecodingFailure) {
        var exports: [ExactName: ExternalType] = [:]
        for (name, type) in type.exports {
            guard exports.updateValue(type, forKey: ExactName(name)) == nil else {
                throw .invalid("export name `\(name)` already defined", at: offset)
            }
        }
        try self.init(checking: type.imports, exports: exports, at: offset)
    }

    /// Imports of modules in components have different names, unlike those of modules that stand alone.
    private convenience init(
        checking imports: [Import], exports: [ExactName: ExternalType], at offset: Int
    ) throws(DecodingFailure) {
        var names: Set<ImportName> = Set(minimumCapacity: imports.count)
        for declaration in imports {
            guard names.insert(ImportName(declaration)).inserted else {
                throw .invalid(
                    "duplicate import name `\(declaration.module):\(declaration.name)`: the imports of a core module "
                        + "in a component have different names", at: offset)
            }
        }
        self.init(imports: imports, exports: exports)
    }
}

extension Module {
    /// The type of what an export of this module refers to.
    fileprivate func type(of export: Export) -> ExternalType {
        let index = Int(export.index)
        return switch export.kind {
        case .function: .function(functions[index])
        case .table: .table(tables[index])
        case .memory: .memory(memories[index])
        case .global: .global(globals[index])
        case .tag: .tag(tags[index])
        }
    }
}
