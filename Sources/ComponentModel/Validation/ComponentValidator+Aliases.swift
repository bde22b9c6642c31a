import WebAssembly

extension ComponentValidator {
    mutating func define(_ alias: Alias, at offset: Int) throws(DecodingFailure) {
        switch alias {
        case .coreExport(let sort, let instance, let name):
            guard scope.kind == .component else { throw ComponentValidator.aliasInType(at: offset) }
            try defineAlias(ofCoreExport: name, sort: sort, instance: instance, at: offset)
        case .export(let sort, let instance, let name):
            guard scope.kind == .component || sort == .type || sort == .instance else {
                throw ComponentValidator.aliasInType(at: offset)
            }
            try defineAlias(ofExport: name, sort: sort, instance: instance, at: offset)
        case .outer(let sort, let count, let index):
            guard scope.kind == .component || sort == .type || sort == .coreType else {
                throw ComponentValidator.aliasInType(at: offset)
            }
            try defineOuterAlias(sort: sort, count: count, index: index, at: offset)
        }
    }

    private static func aliasInType(at offset: Int) -> DecodingFailure {
        .invalid(
            "aliases in component types and instance types may only refer to types or instances: outer aliases to types, "
                + "aliases of exports to types or instances", at: offset)
    }

    private mutating func defineAlias(
        ofExport name: String, sort: Sort, instance index: UInt32, at offset: Int
    ) throws(DecodingFailure) {
        let instance = try scope.instances.at(index, "instance", offset)
        guard let entity = instance.exports[name] else {
            throw .invalid("instance \(index) has no export named `\(name)`", at: offset)
        }
        let noun: String
        switch (sort, entity) {
        case (.coreModule, .coreModule), (.function, .function), (.type, .type), (.component, .component),
            (.instance, .instance):
            return try append(entity, at: offset)
        case (.coreModule, _): noun = "module"
        case (.function, _): noun = "func"
        case (.type, _): noun = "type"
        case (.component, _): noun = "component"
        case (.instance, _): noun = "instance"
        default: throw .invalid("an instance has no exports of this sort", at: offset)
        }
        throw .invalid("export `\(name)` for instance \(index) is not a \(noun)", at: offset)
    }

    private mutating func defineOuterAlias(
        sort: Sort, count: UInt32, index: UInt32, at offset: Int
    ) throws(DecodingFailure) {
        let place = try enclosingScope(count, at: offset)
        switch sort {
        case .coreModule:
            scope.coreModules.append(try scope(at: place).coreModules.at(index, "module", offset))
        case .coreType:
            scope.coreTypes.append(try scope(at: place).coreTypes.at(index, "type", offset))
        case .component:
            scope.components.append(try scope(at: place).components.at(index, "component", offset))
        case .type:
            let type = try scope(at: place).types.at(index, "type", offset)
            if crossesComponent(to: place) {
                var free = FreeResources()
                try free.collect(type, &budget, at: offset)
                guard free.ids.isEmpty else {
                    throw .invalid(
                        "cannot alias a type that transitively refers to resources not defined in the current component; "
                            + "import the resource type instead", at: offset)
                }
            }
            try define(type, at: offset)
        default:
            throw .invalid("outer aliases are of modules, components and types only", at: offset)
        }
    }
}
