import WebAssemblyRuntime

/// A function of the host as a core function (`canon lower` of an import).
struct LoweredHostFunction: Sendable {
    let function: HostFunction
    let plan: FunctionPlan
    let lowering: LoweringPlan
    let caller: SidePlan

    func call(_ core: Caller) throws {
        let state = ComponentState.running(in: core.store)
        guard state.instances[caller.instance].mayLeave else { throw Trap.cannotLeave }
        if !function.isRepeatable { try state.noteEffect() }
        var guest = caller.side(state, task: -1)
        let parameters = try guest.located(
            plan.parameters, inMemory: lowering.parametersAreInMemory, core.slotPointer)
        var arguments = state.takeArgumentBuffer()
        try guest.lift(fieldsOf: state.layouts.layouts[plan.parameters], from: parameters, into: &arguments)
        let value = try function.body(HostCall(store: core.store), arguments)
        state.giveArgumentBuffer(arguments)
        if let result = plan.result {
            guard let value else { throw Trap.missingResult }
            try guest.lower(
                value, result,
                to: try guest.located(
                    result, inMemory: lowering.resultIsInMemory, lowering.resultSlots(core.slotPointer)))
        }
        if lowering.isAsynchronous { core.setResult(LoweringPlan.returned) }
        guest.returnLentHandles()
    }
}
