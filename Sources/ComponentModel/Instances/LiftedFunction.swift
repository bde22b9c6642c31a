import WebAssemblyRuntime

/// A core function as a component function (`canon lift`), all resolved.
final class LiftedFunction: Sendable {
    let type: FunctionType
    let plan: FunctionPlan
    let side: SidePlan
    /// The place of the core function among those that instantiation takes.
    let function: Int
    let postReturn: Int?
    let form: Form
    /// The component instance that it belongs to, and those around it, the innermost first.
    let ancestry: [Int]

    /// How the core function gives its result.
    enum Form: Sendable {
        /// It returns it.
        case synchronous
        /// It calls `task.return`, and returns when all is done.
        case stackful
        /// It calls `task.return`, and returns whenever it would wait, to be called back at this place among the functions.
        case callback(Int)
    }

    init(
        type: FunctionType, plan: FunctionPlan, side: SidePlan, function: Int, postReturn: Int?, form: Form,
        ancestry: [Int]
    ) {
        self.type = type
        self.plan = plan
        self.side = side
        self.function = function
        self.postReturn = postReturn
        self.form = form
        self.ancestry = ancestry
    }

    var isAsynchronous: Bool {
        if case .synchronous = form { false } else { true }
    }

    /// The slots of a call of the core function.
    var slotCount: Int {
        switch form {
        case .synchronous: plan.liftedSlotCount
        case .stackful: plan.parameterSlotCount
        case .callback: max(plan.parameterSlotCount, 1)
        }
    }

    /// Calls it from the host.
    func call(_ arguments: [Value], in state: ComponentState) throws(Trap) -> Value? {
        try state.enter(ancestry)
        let task = state.beginTask(of: side.instance)
        var guest = side.side(state, task: task)
        let call = try RawCall(state.functions[function], slotCount: slotCount)
        defer { call.end() }
        let place = try guest.allocated(plan.parameters, inMemory: plan.parametersAreInMemory, call.slots)
        try guest.lower(fields: arguments, of: state.layouts.layouts[plan.parameters], to: place)
        var value: Value?
        if isAsynchronous {
            state.beginAsynchronousTask(AsynchronousTask(function: self, receiver: nil))
            try runAsynchronously(call, in: state)
            value = state.endAsynchronousTask()
        } else {
            try state.run(call)
            if let result = plan.result {
                value = try guest.lift(
                    result, from: try guest.located(result, inMemory: plan.resultIsInMemory, call.slots))
            }
            try checkBorrows(task: task, in: state)
            try returnResult(call, in: state)
        }
        state.endTask()
        state.leave(ancestry)
        return value
    }

    /// The handles that the call was given as borrows have to be gone when it returns.
    func checkBorrows(task: Int32, in state: ComponentState) throws(Trap) {
        guard state.tasks[Int(task)].borrowCount == 0 else { throw .borrowsRemain }
    }

    /// Calls `post-return` with the flat results, which stand in the call's slots still. The guest may call nothing
    /// outside meanwhile.
    func returnResult(_ call: RawCall, in state: ComponentState) throws(Trap) {
        guard let postReturn else { return }
        let clean = try RawCall(state.functions[postReturn], slotCount: plan.resultSlotCount)
        defer { clean.end() }
        if plan.resultSlotCount > 0 {
            clean.slots.storeBytes(of: call.slots.load(as: UInt64.self), as: UInt64.self)
        }
        state.instances[side.instance].mayLeave = false
        try state.run(clean)
        state.instances[side.instance].mayLeave = true
    }
}
