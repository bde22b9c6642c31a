import WebAssembly
import WebAssemblyRuntime

/// How the parameters and the result of a component function stand in a call of a core function (Canonical ABI,
/// "Flattening"): made once for each function type that is lifted or lowered.
struct FunctionPlan: Sendable {
    /// The number of the layout of all parameters as a record.
    let parameters: Int
    /// The number of the result's layout.
    let result: Int?
    /// The number of the result's type, which equal types share; -1 if there is none.
    let resultType: Int
    /// How many slots the parameters take: one, a pointer, if they are in memory.
    let parameterSlotCount: Int
    let parametersAreInMemory: Bool
    let resultIsInMemory: Bool
    private let flatParameters: [CoreValueType]
    private let flatResults: [CoreValueType]

    /// `MAX_FLAT_PARAMS`.
    static let maximumFlatParameters: UInt32 = 16
    /// `MAX_FLAT_ASYNC_PARAMS`.
    static let maximumFlatAsynchronousParameters = 4
    /// `MAX_FLAT_RESULTS`.
    static let maximumFlatResults: UInt32 = 1

    init(_ type: FunctionType, _ layouts: inout LayoutTable.Builder) {
        parameters = layouts.addRecord(type.parameters.map(\.type))
        result = type.result.map { layouts.add($0) }
        resultType = type.result.map { layouts.types.number(of: $0) } ?? -1
        parametersAreInMemory = layouts.layout(parameters).flatCount > Self.maximumFlatParameters
        flatParameters = parametersAreInMemory ? [.i32] : layouts.flatTypes(of: parameters)
        parameterSlotCount = flatParameters.count
        resultIsInMemory = result.map { layouts.layout($0).flatCount > Self.maximumFlatResults } ?? false
        flatResults = resultIsInMemory ? [.i32] : result.map { layouts.flatTypes(of: $0) } ?? []
    }

    /// The type of the core function that is lifted.
    var liftedType: WebAssembly.FunctionType {
        WebAssembly.FunctionType(parameters: flatParameters, results: flatResults)
    }

    /// How a core function stands for it that is called as any other.
    var lowering: LoweringPlan {
        LoweringPlan(
            parametersAreInMemory: parametersAreInMemory, parameterSlotCount: parameterSlotCount,
            resultIsInMemory: resultIsInMemory, isAsynchronous: false,
            type: resultIsInMemory
                ? WebAssembly.FunctionType(parameters: flatParameters + [.i32], results: [])
                : WebAssembly.FunctionType(parameters: flatParameters, results: flatResults))
    }

    /// How a core function stands for it that returns what has become of the call.
    var asynchronousLowering: LoweringPlan {
        let inMemory = flatParameters.count > Self.maximumFlatAsynchronousParameters
        let parameters = inMemory ? [.i32] : flatParameters
        return LoweringPlan(
            parametersAreInMemory: inMemory || parametersAreInMemory, parameterSlotCount: parameters.count,
            resultIsInMemory: result != nil, isAsynchronous: true,
            type: WebAssembly.FunctionType(parameters: parameters + (result == nil ? [] : [.i32]), results: [.i32]))
    }

    /// The slots of a call of the lifted function.
    var liftedSlotCount: Int { max(parameterSlotCount, flatResults.count) }

    var resultSlotCount: Int { flatResults.count }
}

/// How arguments and results stand in the slots of a lowered function.
struct LoweringPlan: Sendable {
    let parametersAreInMemory: Bool
    let parameterSlotCount: Int
    /// Whether the argument after the parameters says where the result is to be put.
    let resultIsInMemory: Bool
    /// Whether the core function returns what has become of the call.
    let isAsynchronous: Bool
    let type: WebAssembly.FunctionType

    /// Where the result goes, or the pointer to where it goes.
    @inline(__always)
    func resultSlots(_ slots: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        resultIsInMemory ? slots + parameterSlotCount * 8 : slots
    }

    /// What an asynchronous call returns that is over already (`Subtask.State.RETURNED`).
    static let returned: UInt32 = 2
}

/// One guest's canonical options, by number.
struct SidePlan: Sendable, Equatable {
    let instance: Int
    let memory: Int?
    let reallocate: Int?
    let stringEncoding: CanonicalOptions.StringEncoding

    @inline(__always)
    func side(_ state: ComponentState, task: Int32) -> GuestSide {
        GuestSide(
            state: state, instance: instance, memory: memory.map { state.memories[$0] },
            reallocate: reallocate.map { state.functions[$0] }, stringEncoding: stringEncoding, task: task)
    }
}

extension GuestSide {
    /// Where the arguments are that this side passes, or the result that it returns, in slots of a core call.
    @inline(__always)
    func located(_ layout: Int, inMemory: Bool, _ slots: UnsafeMutableRawPointer) throws(Trap) -> Location {
        guard inMemory else { return .flat(slots) }
        let pointer = slots.load(as: UInt32.self)
        try checkRecord(pointer, state.layouts.layouts[layout])
        return .memory(pointer)
    }

    /// Where this side is to find its arguments: in slots of a core call, or in memory that is allocated for them and
    /// pointed to by the first slot.
    @inline(__always)
    func allocated(_ layout: Int, inMemory: Bool, _ slots: UnsafeMutableRawPointer) throws(Trap) -> Location {
        guard inMemory else { return .flat(slots) }
        let layout = state.layouts.layouts[layout]
        let pointer = try allocate(layout.size, alignment: layout.alignment, for: .value)
        slots.storeBytes(of: UInt64(pointer), as: UInt64.self)
        return .memory(pointer)
    }
}
