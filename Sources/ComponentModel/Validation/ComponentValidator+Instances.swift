import WebAssembly

extension ComponentValidator {
    mutating func define(_ instance: InstanceDefinition, at offset: Int) throws(DecodingFailure) {
        switch instance {
        case .instantiation(let index, let arguments):
            let component = try scope.components.at(index, "component", offset)
            try define(try instantiate(component, with: arguments, at: offset), at: offset)
        case .exports(let exports):
            try budget.spend(exports.count, at: offset)
            var names = NameScope()
            var entities = CheckedEntities()
            for (name, definition) in exports {
                let entity = try entity(at: definition, offset: offset)
                // These exports make no indices, so that no type can refer to one.
                if case .type(.resource) = entity { names.register(name.name, nil) }
                try names.add(name, of: entity, kind: "export", at: offset)
                entities.append(name.name, entity)
            }
            try define(CheckedInstanceType(exports: entities), at: offset)
        }
    }

    private mutating func instantiate(
        _ component: CheckedComponentType, with arguments: [(name: String, definition: SortIndex)], at offset: Int
    ) throws(DecodingFailure) -> CheckedInstanceType {
        try budget.spend(arguments.count + component.imports.count, at: offset)
        var given = CheckedEntities()
        for (name, definition) in arguments {
            guard given.append(name, try entity(at: definition, offset: offset)) else {
                throw .invalid(
                    "instantiation argument `\(name)` conflicts with previous argument `\(name)`", at: offset)
            }
        }
        var substitution: Substitution
        do throws(TypeMatcher.Failure) {
            substitution = try TypeMatcher.run(
                open: component.importedResources, &budget, at: offset
            ) { matcher throws(TypeMatcher.Failure) in
                for (name, type) in component.imports.all {
                    guard let argument = given[name] else {
                        throw TypeMatcher.Failure.mismatch("missing import named `\(name)`")
                    }
                    do throws(TypeMatcher.Failure) {
                        try matcher.match(argument, type)
                    } catch {
                        guard case .mismatch(let message) = error else { throw error }
                        throw TypeMatcher.Failure.mismatch("type mismatch for import `\(name)`: \(message)")
                    }
                }
                return matcher.substitution
            }
        } catch {
            throw error.failure("", at: offset)
        }
        // Each instance has resource types of its own.
        try budget.spend(component.definedResources.count, at: offset)
        for resource in component.definedResources {
            let new = makeResource()
            substitution.bind(resource, to: new)
            scope.definedResources.append(new)
        }
        return CheckedInstanceType(exports: try substitution.apply(to: component.exports, &budget, at: offset))
    }
}
