import WebAssemblyRuntime

/// A call of a function that was lifted asynchronously (WASI 0.3): it gives its result by `task.return`.
///
/// It runs to its end without a pause: what would wait traps, since nothing else runs meanwhile that could end the waiting.
struct AsynchronousTask {
    /// Who called, if a guest did.
    struct Receiver {
        let side: SidePlan
        /// Where the result goes, or the pointer to where it goes. They stay until the task has ended.
        let slots: UnsafeMutableRawPointer
        let isInMemory: Bool
    }

    let function: LiftedFunction
    let receiver: Receiver?
    private(set) var isResolved = false
    /// For the host.
    private(set) var result: Value?

    init(function: LiftedFunction, receiver: Receiver?) {
        self.function = function
        self.receiver = receiver
    }

    /// Takes the result that `task.return` gives (`Task.return_`).
    mutating func resolve(
        _ layout: Int?, from slots: UnsafeMutableRawPointer, inMemory: Bool, in state: ComponentState
    ) throws(Trap) {
        guard !isResolved else {
            throw Trap(kind: .component("`task.return` or `task.cancel` called more than once for current task"))
        }
        isResolved = true
        guard let layout, let wanted = function.plan.result else { return }
        var guest = function.side.side(state, task: -1)
        // The result is the only field of a record, whose place is its own.
        let found = try guest.located(layout, inMemory: inMemory, slots)
        guard let receiver else {
            result = try guest.lift(wanted, from: found)
            return
        }
        var caller = receiver.side.side(state, task: -1)
        let place = try caller.located(wanted, inMemory: receiver.isInMemory, receiver.slots)
        try guest.transfer(wanted, from: found, to: &caller, at: place)
    }
}

extension LiftedFunction {
    /// Runs the core function of an asynchronous lift until its task has ended.
    func runAsynchronously(_ call: RawCall, in state: ComponentState) throws(Trap) {
        guard state.instances[side.instance].backpressure == 0 else {
            throw Trap(
                kind: .component("deadlock: the component takes no more calls (backpressure), and no other ends"))
        }
        try state.run(call)
        if case .callback(let callback) = form {
            var packed = call.slots.load(as: UInt32.self)
            while packed & 0xF != 0 { packed = try callBack(callback, packed, in: state) }
        }
        guard state.asynchronousTasks[state.asynchronousTasks.count - 1].isResolved else {
            throw Trap(
                kind: .component("async-lifted export failed to produce a result: it never called `task.return`"))
        }
    }

    /// Calls back a function that has yielded, with the event that nothing happened.
    private func callBack(_ callback: Int, _ packed: UInt32, in state: ComponentState) throws(Trap) -> UInt32 {
        switch packed & 0xF {
        case 1: break
        case 2:
            guard case .waitableSet = try state.instances[side.instance].handles[packed >> 4].kind else {
                throw Trap(
                    kind: .component("handle index \(packed >> 4) used with the wrong type: it is no waitable set"))
            }
            throw Trap(kind: .component("deadlock detected: it waits for what nothing can bring"))
        default: throw Trap(kind: .component("unsupported callback code returned: \(packed & 0xF)"))
        }
        let call = try RawCall(state.functions[callback], slotCount: 3)
        defer { call.end() }
        for slot in 0..<3 { call.slots.storeBytes(of: 0, toByteOffset: slot * 8, as: UInt64.self) }
        try state.run(call)
        return call.slots.load(as: UInt32.self)
    }
}
