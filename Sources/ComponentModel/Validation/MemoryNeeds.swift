/// Which options a canonical definition needs for the values that it passes.
enum MemoryNeeds: Int, Comparable {
    case nothing, memory, reallocation

    static func < (first: MemoryNeeds, second: MemoryNeeds) -> Bool { first.rawValue < second.rawValue }

    init(ofLifting type: CheckedFunctionType, isAsync: Bool) {
        // Arguments are put into the memory of the function that is lifted.
        let parameters: MemoryNeeds =
            type.parameters.contains { $0.type.needsMemory } || type.flatParameters == nil ? .reallocation : .nothing
        // An async function gives its result to `task.return`, whose options these are too.
        let limit = isAsync ? CheckedValueType.maximumFlatCount : 1
        self = max(parameters, MemoryNeeds(ofReading: type.result, flatLimit: limit))
    }

    init(ofLowering type: CheckedFunctionType, isAsync: Bool) {
        let limit = isAsync ? CheckedFunctionType.maximumFlatCountOfAsyncLowering : CheckedValueType.maximumFlatCount
        let isFlat = type.flatParameters.map { $0.count <= limit } ?? false
        let parameters: MemoryNeeds =
            type.parameters.contains { $0.type.needsMemory } || !isFlat ? .memory : .nothing
        // The caller has room for the result, but not for the strings and lists in it.
        var result = MemoryNeeds.nothing
        if let type = type.result {
            if type.needsMemory {
                result = .reallocation
            } else if isAsync || type.flat.map({ $0.count > 1 }) ?? true {
                result = .memory
            }
        }
        self = max(parameters, result)
    }

    /// What reading a value from the caller's core values and memory needs.
    init(ofReading type: CheckedValueType?, flatLimit: Int) {
        guard let type else {
            self = .nothing
            return
        }
        let isFlat = type.flat.map { $0.count <= flatLimit } ?? false
        self = type.needsMemory || !isFlat ? .memory : .nothing
    }
}
