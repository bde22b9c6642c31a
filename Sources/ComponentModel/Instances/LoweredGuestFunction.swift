import WebAssemblyRuntime

/// A function of another component instance as a core function (`canon lower` of what was lifted there).
struct LoweredGuestFunction: Sendable {
    let callee: LiftedFunction
    let lowering: LoweringPlan
    let caller: SidePlan
    /// The component instances that a call steps into; nil if it would be re-entrance, whatever is under way.
    let entered: [Int]?

    func call(_ core: Caller) throws(Trap) {
        let state = ComponentState.running(in: core.store)
        guard state.instances[caller.instance].mayLeave else { throw .cannotLeave }
        guard let entered else { throw .cannotEnter }
        try state.enter(entered)
        let plan = callee.plan
        let task = state.beginTask(of: callee.side.instance)
        var source = caller.side(state, task: -1)
        var target = callee.side.side(state, task: task)
        let call = try RawCall(state.functions[callee.function], slotCount: callee.slotCount)
        defer { call.end() }
        let arguments = try source.located(
            plan.parameters, inMemory: lowering.parametersAreInMemory, core.slotPointer)
        let place = try target.allocated(plan.parameters, inMemory: plan.parametersAreInMemory, call.slots)
        try source.transfer(plan.parameters, from: arguments, to: &target, at: place)
        let resultSlots = lowering.resultSlots(core.slotPointer)
        if callee.isAsynchronous {
            state.beginAsynchronousTask(
                AsynchronousTask(
                    function: callee,
                    receiver: AsynchronousTask.Receiver(
                        side: caller, slots: resultSlots, isInMemory: lowering.resultIsInMemory)))
            try callee.runAsynchronously(call, in: state)
            _ = state.endAsynchronousTask()
        } else {
            try state.run(call)
            try callee.checkBorrows(task: task, in: state)
            if let result = plan.result {
                let found = try target.located(result, inMemory: plan.resultIsInMemory, call.slots)
                let place = try source.located(result, inMemory: lowering.resultIsInMemory, resultSlots)
                try target.transfer(result, from: found, to: &source, at: place)
            }
            try callee.returnResult(call, in: state)
        }
        if lowering.isAsynchronous { core.setResult(LoweringPlan.returned) }
        state.endTask()
        state.leave(entered)
        source.returnLentHandles()
    }
}
