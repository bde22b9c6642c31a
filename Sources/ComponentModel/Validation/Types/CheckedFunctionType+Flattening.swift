import WebAssembly

extension CheckedFunctionType {
    /// The greatest number of core values that the parameters of an async lower are (`MAX_FLAT_ASYNC_PARAMS`).
    static let maximumFlatCountOfAsyncLowering = 4

    /// The core types of the parameters, or `nil` for more than ``CheckedValueType/maximumFlatCount``.
    var flatParameters: [WebAssembly.ValueType]? {
        var flat: [WebAssembly.ValueType] = []
        for (_, type) in parameters {
            guard let more = type.flat, flat.count + more.count <= CheckedValueType.maximumFlatCount else { return nil }
            flat += more
        }
        return flat
    }

    /// The core types of the result, or an address if there is more than one.
    private var flatResults: (types: [WebAssembly.ValueType], isAddress: Bool) {
        guard let result else { return ([], false) }
        guard let flat = result.flat, flat.count <= 1 else { return ([.i32], true) }
        return (flat, false)
    }

    /// The type of the core function that is lifted ("CanonicalABI.md", `flatten_functype`).
    func flattenedForLifting(_ options: CanonicalOptions) -> WebAssembly.FunctionType {
        // An asynchronous function returns what it waits for, to be called back, unless it waits in the middle.
        WebAssembly.FunctionType(
            parameters: flatParameters ?? [.i32],
            results: !options.isAsync ? flatResults.types : options.callback == nil ? [] : [.i32])
    }

    /// The type of the core function that a lower makes.
    func flattenedForLowering(isAsync: Bool) -> WebAssembly.FunctionType {
        var parameters = flatParameters ?? [.i32]
        if isAsync {
            if parameters.count > CheckedFunctionType.maximumFlatCountOfAsyncLowering { parameters = [.i32] }
            if result != nil { parameters.append(.i32) }
            return WebAssembly.FunctionType(parameters: parameters, results: [.i32])
        }
        let results = flatResults
        return results.isAddress
            ? WebAssembly.FunctionType(parameters: parameters + [.i32], results: [])
            : WebAssembly.FunctionType(parameters: parameters, results: results.types)
    }
}
