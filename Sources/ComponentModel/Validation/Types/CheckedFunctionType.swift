final class CheckedFunctionType {
    let isAsync: Bool
    let parameters: [(label: String, type: CheckedValueType)]
    let result: CheckedValueType?

    init(isAsync: Bool, parameters: [(label: String, type: CheckedValueType)], result: CheckedValueType?) {
        self.isAsync = isAsync
        self.parameters = parameters
        self.result = result
    }
}
