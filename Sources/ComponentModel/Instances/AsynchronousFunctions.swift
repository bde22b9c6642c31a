import WebAssembly
import WebAssemblyRuntime

/// The built-ins of WASI 0.3, as far as they mean something to a component all of whose calls are synchronous: others trap
/// by their names when they are called.
struct AsynchronousFunctions: Sendable {
    let builtIn: AsynchronousBuiltIn
    let instance: Int
    /// The memory of `waitable-set.poll`.
    let memory: Int?
    /// What `task.return` gives.
    let returned: Returned?

    struct Returned: Sendable {
        /// The number of the result's type, which equal types share; -1 if there is none.
        let type: Int
        /// The result as the only parameter.
        let plan: FunctionPlan
        let side: SidePlan
    }

    func call(_ core: Caller) throws(Trap) {
        let state = ComponentState.running(in: core.store)
        switch builtIn {
        case .contextGet(_, let slot):
            let context = state.tasks.last?.context ?? (0, 0)
            return core.setResult(bits: slot == 0 ? context.0 : context.1)
        case .contextSet(_, let slot):
            guard !state.tasks.isEmpty else { return }
            let value = core.argument(0)
            if slot == 0 {
                state.tasks[state.tasks.count - 1].context.0 = value
            } else {
                state.tasks[state.tasks.count - 1].context.1 = value
            }
            return
        case .backpressureIncrement:
            guard state.instances[instance].backpressure < 0xFFFF else {
                throw Trap(kind: .component("backpressure counter overflow: more than 65,535 increments"))
            }
            state.instances[instance].backpressure += 1
            return
        case .backpressureDecrement:
            guard state.instances[instance].backpressure > 0 else {
                throw Trap(kind: .component("backpressure counter underflow: decremented below zero"))
            }
            state.instances[instance].backpressure -= 1
            return
        default: break
        }
        guard state.instances[instance].mayLeave else { throw .cannotLeave }
        switch builtIn {
        case .waitableSetNew:
            core.setResult(try state.instances[instance].handles.add(HandleTable.Entry(.waitableSet)))
        case .waitableSetDrop:
            try checkSet(core.i32(0), state)
            state.instances[instance].handles.remove(core.i32(0))
        case .waitableSetPoll:
            try checkSet(core.i32(0), state)
            // No event, since there is nothing yet that could bring one.
            if let memory { try state.memories[memory].store(UInt64(0), at: core.i32(1)) }
            core.setResult(UInt32(0))
        case .waitableSetWait:
            try checkSet(core.i32(0), state)
            throw Trap(kind: .component("deadlock: cannot block a synchronous task before returning"))
        case .threadYield:
            core.setResult(UInt32(0))
        case .threadIndex:
            // Each task has one thread, and they end in the opposite order.
            core.setResult(UInt32(state.tasks.count { $0.instance == instance }))
        case .taskReturn: try returnResult(core, state)
        case .taskCancel:
            throw Trap(kind: .component("invalid `task.cancel` call for current task: it has not been cancelled"))
        case .subtaskCancel, .subtaskDrop, .waitableJoin:
            _ = try state.instances[instance].handles[core.i32(0)]
            throw .notAResource(core.i32(0))
        default:
            throw .asynchronous("`\(name)` was called")
        }
    }

    private func returnResult(_ core: Caller, _ state: ComponentState) throws(Trap) {
        guard let returned, let task = state.tasks.last, task.isAsynchronous,
            var asynchronous = state.asynchronousTasks.last
        else {
            throw Trap(
                kind: .component("invalid `task.return` call for current task: it was not lifted asynchronously"))
        }
        let function = asynchronous.function
        // A result that needs no memory may be given without one: the suite has it so.
        guard returned.type == function.plan.resultType,
            returned.side.memory == nil || returned.side.memory == function.side.memory,
            returned.side.stringEncoding == function.side.stringEncoding
        else {
            throw Trap(kind: .component("invalid `task.return` signature and/or options for current task"))
        }
        guard task.borrowCount == 0 else { throw .borrowsRemain }
        try asynchronous.resolve(
            returned.type < 0 ? nil : returned.plan.parameters, from: core.slotPointer,
            inMemory: returned.plan.parametersAreInMemory, in: state)
        state.asynchronousTasks[state.asynchronousTasks.count - 1] = asynchronous
    }

    private func checkSet(_ index: UInt32, _ state: ComponentState) throws(Trap) {
        guard case .waitableSet = try state.instances[instance].handles[index].kind else {
            throw Trap(kind: .component("handle index \(index) used with the wrong type: it is no waitable set"))
        }
    }

    /// The built-in's name in the text format.
    var name: String {
        switch builtIn {
        case .taskCancel: "task.cancel"
        case .subtaskCancel: "subtask.cancel"
        case .taskReturn: "task.return"
        case .contextGet: "context.get"
        case .contextSet: "context.set"
        case .threadYield: "thread.yield"
        case .threadIndex: "thread.index"
        case .subtaskDrop: "subtask.drop"
        case .streamNew: "stream.new"
        case .streamRead: "stream.read"
        case .streamWrite: "stream.write"
        case .streamCancelRead: "stream.cancel-read"
        case .streamCancelWrite: "stream.cancel-write"
        case .streamDropReadable: "stream.drop-readable"
        case .streamDropWritable: "stream.drop-writable"
        case .futureNew: "future.new"
        case .futureRead: "future.read"
        case .futureWrite: "future.write"
        case .futureCancelRead: "future.cancel-read"
        case .futureCancelWrite: "future.cancel-write"
        case .futureDropReadable: "future.drop-readable"
        case .futureDropWritable: "future.drop-writable"
        case .waitableSetNew: "waitable-set.new"
        case .waitableSetWait: "waitable-set.wait"
        case .waitableSetPoll: "waitable-set.poll"
        case .waitableSetDrop: "waitable-set.drop"
        case .waitableJoin: "waitable.join"
        case .backpressureIncrement: "backpressure.inc"
        case .backpressureDecrement: "backpressure.dec"
        }
    }

    /// The type of the core function.
    var type: WebAssembly.FunctionType {
        let (parameters, results): ([CoreValueType], [CoreValueType]) =
            switch builtIn {
            case .taskCancel, .backpressureIncrement, .backpressureDecrement: ([], [])
            case .taskReturn: (returned?.plan.liftedType.parameters ?? [], [])
            case .contextGet(let type, _): ([], [type == 0x7E ? .i64 : .i32])
            case .contextSet(let type, _): ([type == 0x7E ? .i64 : .i32], [])
            case .threadYield, .threadIndex, .waitableSetNew: ([], [.i32])
            case .subtaskCancel, .streamCancelRead, .streamCancelWrite, .futureCancelRead, .futureCancelWrite:
                ([.i32], [.i32])
            case .subtaskDrop, .streamDropReadable, .streamDropWritable, .futureDropReadable, .futureDropWritable,
                .waitableSetDrop:
                ([.i32], [])
            case .streamNew, .futureNew: ([], [.i64])
            case .streamRead, .streamWrite: ([.i32, .i32, .i32], [.i32])
            case .futureRead, .futureWrite, .waitableSetWait, .waitableSetPoll: ([.i32, .i32], [.i32])
            case .waitableJoin: ([.i32, .i32], [])
            }
        return WebAssembly.FunctionType(parameters: parameters, results: results)
    }
}
