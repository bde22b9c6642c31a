import WebAssembly
import WebAssemblyRuntime

/// How the parameters and the result of a component function stand in a call of a core function (Canonical ABI,
/// "Flattening"): made once for each function type that is lifted or lowered.
struct FunctionPlan: Sendable {
    /// The number of the layout of all parameters as a record.
    let parameters: Int
    /// The number of the result's layout.
    let result: Int?
    /// How many slots the parameters take: one, a pointer, if they are in memory.
    let parameterSlotCount: Int
    let parametersAreInMemory: Bool
    let resultIsInMemory: Bool
    private let flatParameters: [CoreValueType]
    private let flatResults: [CoreValueType]

    /// `MAX_FLAT_PARAMS`.
    static let maximumFlatParameters: UInt32 = 16
    /// `MAX_FLAT_RESULTS`.
    static let maximumFlatResults: UInt32 = 1

    init(_ type: FunctionType, _ layouts: inout LayoutTable.Builder) {
        parameters = layouts.addRecord(type.parameters.map(\.type))
        result = type.result.map { layouts.add($0) }
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

    /// The type of the core function that lowering makes: a result in memory is put where the last parameter says.
    var loweredType: WebAssembly.FunctionType {
        resultIsInMemory
            ? WebAssembly.FunctionType(parameters: flatParameters + [.i32], results: [])
            : WebAssembly.FunctionType(parameters: flatParameters, results: flatResults)
    }

    /// The slots of a call of the lifted function.
    var liftedSlotCount: Int { max(parameterSlotCount, flatResults.count) }

    var resultSlotCount: Int { flatResults.count }
}

/// One guest's canonical options, by number.
struct SidePlan: Sendable {
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
