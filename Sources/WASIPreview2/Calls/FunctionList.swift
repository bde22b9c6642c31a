package import ComponentModel

/// The functions of an interface of WASI, while they are collected.
package struct FunctionList {
    fileprivate private(set) var functions: [String: HostFunction] = [:]

    /// Adds a function with a result.
    ///
    /// Its body returns a value, not an optional one: `.some(…)` would otherwise be an optional of the language, and not the
    /// option of the component that is meant.
    ///
    /// - Parameters:
    ///   - name: as imports write it: `[method]output-stream.write`.
    ///   - isRepeatable: see `HostFunction`.
    package mutating func add(
        _ name: String, _ parameters: [(String, ValueType)] = [], to result: ValueType, isRepeatable: Bool = false,
        body: @escaping @Sendable (WASICall) throws -> Value
    ) {
        add(name, parameters, result, isRepeatable) { call in try body(call) }
    }

    /// Adds a function without a result.
    package mutating func add(
        _ name: String, _ parameters: [(String, ValueType)] = [], isRepeatable: Bool = false,
        body: @escaping @Sendable (WASICall) throws -> Void
    ) {
        add(name, parameters, nil, isRepeatable) { call in
            try body(call)
            return nil
        }
    }

    private mutating func add(
        _ name: String, _ parameters: [(String, ValueType)], _ result: ValueType?, _ isRepeatable: Bool,
        _ body: @escaping @Sendable (WASICall) throws -> Value?
    ) {
        let type = FunctionType(parameters.map { ValueType.Field($0.0, $0.1) }, to: result)
        functions[name] = HostFunction(type, isRepeatable: isRepeatable) { call, arguments in
            try body(
                WASICall(context: try call.wasiPreview2Context, store: call.store, arguments: arguments))
        }
    }
}

extension HostInterface {
    /// The newest version of WASI 0.2 whose functions are here.
    package static let wasiVersion = "0.2.12"

    /// An interface of WASI 0.2.
    package init(
        wasi name: String, resources: [String: ResourceType] = [:], _ collect: (inout FunctionList) -> Void
    ) {
        var list = FunctionList()
        collect(&list)
        self.init(name, version: Self.wasiVersion, resources: resources, functions: list.functions)
    }
}
