import WebAssembly

// Canonical definitions (Component Model, "CanonicalABI.md", "Canonical Definitions").

extension ComponentValidator {
    mutating func define(_ definition: CanonicalDefinition, at offset: Int) throws(DecodingFailure) {
        switch definition {
        case .lift(let function, let options, let type):
            scope.functions.append(try lifted(function, options, type, at: offset))
        case .lower(let function, let options):
            let type = try scope.functions.at(function, "function", offset)
            try defineCoreFunction(try lowered(type, options, at: offset), at: offset)
        case .resourceNew(let index):
            try checkLocal(try resource(at: index, offset: offset), at: offset)
            try defineCoreFunction(takes: [.i32], returns: [.i32], at: offset)
        case .resourceDrop(let index):
            _ = try resource(at: index, offset: offset)
            try defineCoreFunction(takes: [.i32], returns: [], at: offset)
        case .resourceRepresentation(let index):
            try checkLocal(try resource(at: index, offset: offset), at: offset)
            try defineCoreFunction(takes: [.i32], returns: [.i32], at: offset)
        case .asynchronous(let builtIn):
            try define(builtIn, at: offset)
        }
    }

    mutating func defineCoreFunction(
        takes parameters: [WebAssembly.ValueType], returns results: [WebAssembly.ValueType], at offset: Int
    ) throws(DecodingFailure) {
        try defineCoreFunction(WebAssembly.FunctionType(parameters: parameters, results: results), at: offset)
    }

    private mutating func defineCoreFunction(
        _ type: WebAssembly.FunctionType, at offset: Int
    ) throws(DecodingFailure) {
        guard let type = CanonicalType.standalone(type) else {
            throw .unsupported("the process has defined too many different core types", at: offset)
        }
        scope.coreFunctions.append(type)
    }

    private func checkLocal(_ resource: CheckedResourceType, at offset: Int) throws(DecodingFailure) {
        guard scope.localResources.contains(resource.id) else {
            throw .invalid(
                "the type is not a local resource: only the component that defines it can do this", at: offset)
        }
    }

    private func lifted(
        _ function: UInt32, _ options: CanonicalOptions, _ typeIndex: UInt32, at offset: Int
    ) throws(DecodingFailure) -> CheckedFunctionType {
        guard case .function(let type) = try scope.types.at(typeIndex, "type", offset) else {
            throw .invalid("type index \(typeIndex) is not a function type", at: offset)
        }
        guard let core = try scope.coreFunctions.at(function, "function", offset).functionType else {
            preconditionFailure("functions have function types")
        }
        try check(options, at: offset)
        if options.isAsync {
            try checkAsync(options, type, at: offset)
            guard options.postReturn == nil else {
                throw .invalid("canonical option `post-return` cannot be specified together with `async`", at: offset)
            }
        } else if options.callback != nil {
            throw .invalid("canonical option `callback` cannot be specified without `async`", at: offset)
        }
        let needs = MemoryNeeds(ofLifting: type, isAsync: options.isAsync)
        try check(needs, of: options, at: offset)
        let flat = type.flattenedForLifting(options)
        guard core.parameters == flat.parameters else {
            throw .invalid(
                "lowered parameter types `\(flat.parameters.text)` do not match parameter types "
                    + "`\(core.parameters.text)` of core function \(function)", at: offset)
        }
        guard core.results == flat.results else {
            throw .invalid(
                "lowered result types `\(flat.results.text)` do not match result types `\(core.results.text)` of core "
                    + "function \(function)", at: offset)
        }
        if let postReturn = options.postReturn {
            try check(
                postReturn, "post-return", hasType: WebAssembly.FunctionType(parameters: core.results, results: []),
                at: offset)
        }
        return type
    }

    private func lowered(
        _ type: CheckedFunctionType, _ options: CanonicalOptions, at offset: Int
    ) throws(DecodingFailure) -> WebAssembly.FunctionType {
        guard options.postReturn == nil else {
            throw .invalid("canonical option `post-return` cannot be specified for lowerings", at: offset)
        }
        guard options.callback == nil else {
            throw .invalid("canonical option `callback` cannot be specified for lowerings", at: offset)
        }
        try check(options, at: offset)
        if options.isAsync { try checkAsync(options, type, at: offset) }
        try check(MemoryNeeds(ofLowering: type, isAsync: options.isAsync), of: options, at: offset)
        return type.flattenedForLowering(isAsync: options.isAsync)
    }

    /// Checks what holds for the options of all definitions.
    func check(_ options: CanonicalOptions, at offset: Int) throws(DecodingFailure) {
        if let memory = options.memory { try checkMemory(memory, at: offset) }
        if let reallocate = options.reallocate {
            guard options.memory != nil else {
                throw .invalid("canonical option `realloc` requires `memory` to also be specified", at: offset)
            }
            try check(
                reallocate, "realloc",
                hasType: WebAssembly.FunctionType(parameters: [.i32, .i32, .i32, .i32], results: [.i32]), at: offset)
        }
        if let callback = options.callback {
            try check(
                callback, "callback",
                hasType: WebAssembly.FunctionType(parameters: [.i32, .i32, .i32], results: [.i32]), at: offset)
        }
    }

    func checkMemory(_ index: UInt32, at offset: Int) throws(DecodingFailure) {
        let memory = try scope.coreMemories.at(index, "memory", offset)
        guard memory.addressType == .i32 else {
            throw .unsupported(
                "canonical options with a memory that has 64-bit addresses are not implemented", at: offset)
        }
        guard !memory.isShared else {
            throw .invalid("canonical option `memory` cannot be a shared memory", at: offset)
        }
    }

    private func check(
        _ function: UInt32, _ option: String, hasType type: WebAssembly.FunctionType, at offset: Int
    ) throws(DecodingFailure) {
        let actual = try scope.coreFunctions.at(function, "function", offset).functionType
        guard actual == type else {
            throw .invalid(
                "canonical option `\(option)` uses a core function with an incorrect signature: core function "
                    + "\(function) should be \(type)", at: offset)
        }
    }

    private func checkAsync(
        _ options: CanonicalOptions, _ type: CheckedFunctionType, at offset: Int
    ) throws(DecodingFailure) {
        guard type.isAsync else {
            throw .invalid("the `async` canonical option requires an async function type", at: offset)
        }
    }

    func check(_ needs: MemoryNeeds, of options: CanonicalOptions, at offset: Int) throws(DecodingFailure) {
        guard options.memory != nil || needs == .nothing else {
            throw .invalid("canonical option `memory` is required", at: offset)
        }
        guard options.reallocate != nil || needs != .reallocation else {
            throw .invalid("canonical option `realloc` is required", at: offset)
        }
    }
}

extension [WebAssembly.ValueType] {
    fileprivate var text: String { "[\(map { $0.description.uppercased() }.joined(separator: ", "))]" }
}
