import WebAssembly

// Core modules, instances and types.

extension ComponentValidator {
    mutating func define(_ module: Module, at offset: Int) throws(DecodingFailure) {
        scope.coreModules.append(try CheckedModuleType(module, at: offset))
    }

    mutating func define(_ type: CoreTypeDefinition, at offset: Int) throws(DecodingFailure) {
        scope.coreTypes.append(type)
    }

    mutating func define(_ instance: CoreInstanceDefinition, at offset: Int) throws(DecodingFailure) {
        switch instance {
        case .instantiation(let module, let arguments):
            let type = try scope.coreModules.at(module, "module", offset)
            try check(arguments, of: type, at: offset)
            scope.coreInstances.append(CheckedCoreInstance(exports: type.exports))
        case .exports(let exports):
            try budget.spend(exports.count, at: offset)
            var types: [ExactName: ExternalType] = Dictionary(minimumCapacity: exports.count)
            for (name, definition) in exports {
                let type = try coreType(of: definition, at: offset)
                guard types.updateValue(type, forKey: ExactName(name)) == nil else {
                    throw .invalid("export name `\(name)` already defined", at: offset)
                }
            }
            scope.coreInstances.append(CheckedCoreInstance(exports: types))
        }
    }

    private mutating func check(
        _ arguments: [(name: String, instance: UInt32)], of module: CheckedModuleType, at offset: Int
    ) throws(DecodingFailure) {
        try budget.spend(arguments.count + module.imports.count, at: offset)
        var instances: [ExactName: CheckedCoreInstance] = Dictionary(minimumCapacity: arguments.count)
        for (name, index) in arguments {
            let instance = try scope.coreInstances.at(index, "instance", offset)
            guard instances.updateValue(instance, forKey: ExactName(name)) == nil else {
                throw .invalid("duplicate module instantiation argument named `\(name)`", at: offset)
            }
        }
        for declaration in module.imports {
            guard let instance = instances[ExactName(declaration.module)] else {
                throw .invalid("missing module instantiation argument named `\(declaration.module)`", at: offset)
            }
            guard let export = instance.exports[ExactName(declaration.name)] else {
                throw .invalid(
                    "module instantiation argument `\(declaration.module)` does not export an item named "
                        + "`\(declaration.name)`", at: offset)
            }
            if let mismatch = CoreMatching.mismatch(export, declaration.type) {
                throw .invalid(
                    "type mismatch for export `\(declaration.name)` of module instantiation argument "
                        + "`\(declaration.module)`: \(mismatch)", at: offset)
            }
        }
    }

    private func coreType(of definition: SortIndex, at offset: Int) throws(DecodingFailure) -> ExternalType {
        let index = definition.index
        switch definition.sort {
        case .coreFunction: return .function(try scope.coreFunctions.at(index, "function", offset))
        case .coreTable: return .table(try scope.coreTables.at(index, "table", offset))
        case .coreMemory: return .memory(try scope.coreMemories.at(index, "memory", offset))
        case .coreGlobal: return .global(try scope.coreGlobals.at(index, "global", offset))
        case .coreTag: return .tag(try scope.coreTags.at(index, "tag", offset))
        default:
            throw .invalid("a core instance exports functions, tables, memories, globals and tags only", at: offset)
        }
    }

    mutating func defineAlias(
        ofCoreExport name: String, sort: Sort, instance index: UInt32, at offset: Int
    ) throws(DecodingFailure) {
        let instance = try scope.coreInstances.at(index, "core instance", offset)
        guard let type = instance.exports[ExactName(name)] else {
            throw .invalid("core instance \(index) has no export named `\(name)`", at: offset)
        }
        let noun: String
        switch (sort, type) {
        case (.coreFunction, .function(let type)): return scope.coreFunctions.append(type)
        case (.coreTable, .table(let type)): return scope.coreTables.append(type)
        case (.coreMemory, .memory(let type)): return scope.coreMemories.append(type)
        case (.coreGlobal, .global(let type)): return scope.coreGlobals.append(type)
        case (.coreTag, .tag(let type)): return scope.coreTags.append(type)
        case (.coreFunction, _): noun = "func"
        case (.coreTable, _): noun = "table"
        case (.coreMemory, _): noun = "memory"
        case (.coreGlobal, _): noun = "global"
        case (.coreTag, _): noun = "tag"
        default: throw .invalid("a core instance has no exports of this sort", at: offset)
        }
        throw .invalid("export `\(name)` for core instance \(index) is not a \(noun)", at: offset)
    }

    /// The type of the core module that an index of the core type index space stands for.
    mutating func moduleType(at index: UInt32, offset: Int) throws(DecodingFailure) -> CheckedModuleType {
        guard case .module(let type) = try scope.coreTypes.at(index, "type", offset) else {
            throw .invalid("core type index \(index) is not a module type", at: offset)
        }
        try budget.spend(type.imports.count + type.exports.count, at: offset)
        return try CheckedModuleType(type, at: offset)
    }
}
