import WebAssembly

extension ComponentValidator {
    mutating func define(_ type: TypeDefinition, at offset: Int) throws(DecodingFailure) {
        switch type {
        case .value(let definition):
            try define(.value(try checked(definition, at: offset)), at: offset)
        case .function(let definition):
            try define(.function(try checked(definition, at: offset)), at: offset)
        case .resource(let destructor):
            try define(.resource(try localResource(destructor: destructor, at: offset)), at: offset)
        case .component, .instance:
            preconditionFailure("types with declarations are defined when they end")
        }
    }

    mutating func define(_ type: CheckedType, at offset: Int) throws(DecodingFailure) {
        try checkDepth(type.depth, at: offset)
        scope.types.append(type)
    }

    /// Types that are deeper would need deeper recursion than there is stack for.
    func checkDepth(_ depth: Int, at offset: Int) throws(DecodingFailure) {
        guard depth <= ComponentDecoder.maximumDepth else {
            throw .unsupported(
                "more than \(ComponentDecoder.maximumDepth) types are nested in each other", at: offset)
        }
    }

    private mutating func localResource(
        destructor: UInt32?, at offset: Int
    ) throws(DecodingFailure) -> CheckedResourceType {
        guard scope.kind == .component else {
            throw .invalid("resources can only be defined within a concrete component", at: offset)
        }
        if let destructor {
            let type = try scope.coreFunctions.at(destructor, "function", offset).functionType
            guard type?.parameters == [.i32], type?.results == [] else {
                throw .invalid(
                    "core function \(destructor) has wrong signature for a destructor, which takes an i32 and returns "
                        + "nothing", at: offset)
            }
        }
        let id = makeResource()
        scope.definedResources.append(id)
        scope.localResources.insert(id)
        return CheckedResourceType(id)
    }

    private mutating func checked(
        _ definition: FunctionTypeDefinition, at offset: Int
    ) throws(DecodingFailure) -> CheckedFunctionType {
        var labels = LabelScope(of: "function parameter", in: "parameter")
        var parameters: [(label: String, type: CheckedValueType)] = []
        try budget.spend(1 + definition.parameters.count, at: offset)
        parameters.reserveCapacity(definition.parameters.count)
        for (label, type) in definition.parameters {
            try labels.add(label, at: offset)
            parameters.append((label, try checked(type, at: offset)))
        }
        let result = try checkedIfPresent(definition.result, at: offset)
        guard result?.containsBorrow != true else {
            throw .invalid("function result cannot contain a `borrow` type", at: offset)
        }
        return CheckedFunctionType(isAsync: definition.isAsync, parameters: parameters, result: result)
    }

    /// The type that stands where a value's type is asked for.
    func checked(_ use: ValueTypeUse, at offset: Int) throws(DecodingFailure) -> CheckedValueType {
        switch use {
        case .primitive(let type):
            return .primitive(type)
        case .defined(let index):
            guard case .value(let type) = try scope.types.at(index, "type", offset) else {
                throw .invalid("type index \(index) is not a defined type", at: offset)
            }
            return type
        }
    }

    private func checkedIfPresent(_ use: ValueTypeUse?, at offset: Int) throws(DecodingFailure) -> CheckedValueType? {
        guard let use else { return nil }
        return try checked(use, at: offset)
    }

    /// The resource type at an index.
    func resource(at index: UInt32, offset: Int) throws(DecodingFailure) -> CheckedResourceType {
        guard case .resource(let type) = try scope.types.at(index, "type", offset) else {
            throw .invalid("type index \(index) is not a resource type", at: offset)
        }
        return type
    }

    private mutating func checked(
        _ definition: ValueTypeDefinition, at offset: Int
    ) throws(DecodingFailure) -> CheckedValueType {
        let form = try form(of: definition, at: offset)
        try budget.spend(form.stepCount, at: offset)
        let type = CheckedValueType(form)
        guard type.layout.size < ElementLayout.sizeLimit else {
            throw .invalid(
                "type size exceeds maximum byte size: with 64-bit addresses its values have more than "
                    + "\(ElementLayout.sizeLimit - 1) bytes", at: offset)
        }
        return type
    }

    private func form(
        of definition: ValueTypeDefinition, at offset: Int
    ) throws(DecodingFailure) -> CheckedValueType.Form {
        switch definition {
        case .primitive(let type):
            return .primitive(type)
        case .record(let fields):
            guard !fields.isEmpty else { throw .invalid("record type must have at least one field", at: offset) }
            var labels = LabelScope(of: "record field", in: "field")
            var types: [(label: String, type: CheckedValueType)] = []
            for (label, type) in fields {
                try labels.add(label, at: offset)
                types.append((label, try checked(type, at: offset)))
            }
            return .record(types)
        case .variant(let cases):
            guard !cases.isEmpty else { throw .invalid("variant type must have at least one case", at: offset) }
            var labels = LabelScope(of: "variant case", in: "case")
            var types: [(label: String, type: CheckedValueType?)] = []
            for (label, type) in cases {
                try labels.add(label, at: offset)
                types.append((label, try checkedIfPresent(type, at: offset)))
            }
            return .variant(types)
        case .list(let element):
            return .list(try checked(element, at: offset))
        case .fixedLengthList(let element, let length):
            guard length > 0 else { throw .invalid("fixed-length list must have at least one element", at: offset) }
            return .fixedLengthList(try checked(element, at: offset), length: length)
        case .tuple(let types):
            guard !types.isEmpty else { throw .invalid("tuple type must have at least one type", at: offset) }
            var checkedTypes: [CheckedValueType] = []
            for type in types { checkedTypes.append(try checked(type, at: offset)) }
            return .tuple(checkedTypes)
        case .flags(let names):
            guard !names.isEmpty else { throw .invalid("flags must have at least one entry", at: offset) }
            guard names.count <= 32 else { throw .invalid("cannot have more than 32 flags", at: offset) }
            var labels = LabelScope(of: "flag", in: "flag")
            for name in names { try labels.add(name, at: offset) }
            return .flags(names)
        case .enumeration(let names):
            guard !names.isEmpty else { throw .invalid("enum type must have at least one variant", at: offset) }
            var labels = LabelScope(of: "enum tag", in: "tag")
            for name in names { try labels.add(name, at: offset) }
            return .enumeration(names)
        case .option(let type):
            return .option(try checked(type, at: offset))
        case .result(let ok, let error):
            return .result(ok: try checkedIfPresent(ok, at: offset), error: try checkedIfPresent(error, at: offset))
        case .own(let index):
            return .own(try resource(at: index, offset: offset))
        case .borrow(let index):
            return .borrow(try resource(at: index, offset: offset))
        case .stream(let element):
            let type = try checkedIfPresent(element, at: offset)
            if case .primitive(.char)? = type?.form {
                throw .invalid("`stream<char>` is not valid at this time", at: offset)
            }
            guard type?.containsBorrow != true else {
                throw .invalid("stream elements cannot contain a `borrow` type", at: offset)
            }
            return .stream(type)
        case .future(let element):
            let type = try checkedIfPresent(element, at: offset)
            guard type?.containsBorrow != true else {
                throw .invalid("a future's value cannot contain a `borrow` type", at: offset)
            }
            return .future(type)
        case .map(let key, let value):
            let keyType = try checked(key, at: offset)
            guard case .primitive(let primitive) = keyType.form, primitive != .f32, primitive != .f64 else {
                throw .invalid(
                    "map keys are booleans, integers, characters or strings, not \(keyType.form.noun)", at: offset)
            }
            return .map(key: keyType, value: try checked(value, at: offset))
        }
    }
}
