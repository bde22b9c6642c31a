/// The type of a component function.
package struct FunctionType: Sendable {
    package let isAsync: Bool
    package let parameters: [ValueType.Field]
    package let result: ValueType?

    package init(isAsync: Bool = false, _ parameters: [ValueType.Field], to result: ValueType? = nil) {
        self.isAsync = isAsync
        self.parameters = parameters
        self.result = result
    }

    package init(_ parameters: (String, ValueType)..., to result: ValueType? = nil) {
        self.init(parameters.map { ValueType.Field($0.0, $0.1) }, to: result)
    }
}
