import WebAssemblyRuntime

/// A function of the host as a core function (`canon lower` of an import).
struct LoweredHostFunction: Sendable {
    let function: HostFunction
    let plan: FunctionPlan
    let caller: SidePlan

    func call(_ core: Caller) throws {
        let state = ComponentState.running(in: core.store)
        guard state.instances[caller.instance].mayLeave else { throw Trap.cannotLeave }
        if !function.isRepeatable { state.hasCalledEffects = true }
        var guest = caller.side(state, task: -1)
        let parameters = try guest.located(
            plan.parameters, inMemory: plan.parametersAreInMemory, core.slotPointer)
        var arguments = state.takeArgumentBuffer()
        try guest.lift(fieldsOf: state.layouts.layouts[plan.parameters], from: parameters, into: &arguments)
        let value = try function.body(HostCall(store: core.store), arguments)
        state.giveArgumentBuffer(arguments)
        if let result = plan.result {
            guard let value else { throw Trap.nonconforming(state.layouts.layouts[result]) }
            let wanted = plan.resultIsInMemory ? core.slotPointer + plan.parameterSlotCount * 8 : core.slotPointer
            try guest.lower(
                value, result, to: try guest.located(result, inMemory: plan.resultIsInMemory, wanted))
        }
        guest.returnLentHandles()
    }
}
