import Synchronization
import WebAssembly

extension Store {
    /// What the machine did before a task took its turn.
    struct Turn {
        fileprivate let position: StackPosition
        fileprivate let task: Unmanaged<GuestTask>?
    }

    /// How a run of the machine ended, if it was no trap.
    enum RunEnd {
        case returned
        case suspended(SuspendedCall)
    }

    // MARK: Turns

    /// Has the machine use another stack.
    func enter(_ position: StackPosition, of task: GuestTask) -> Turn {
        let outer = Turn(position: self.position, task: currentTask)
        // Its registers may hold the only references to objects.
        outerPositions.append(outer.position)
        self.position = position
        currentTask = Unmanaged.passUnretained(task)
        return outer
    }

    /// Goes back to the stack before, and returns how far the task has come.
    func leave(for outer: Turn) -> StackPosition {
        let reached = position
        outerPositions.removeLast()
        position = outer.position
        currentTask = outer.task
        return reached
    }

    /// What the machine has of the stack in use. Handlers know nothing of others: a switch writes a few words.
    private var position: StackPosition {
        get {
            var position = StackPosition(stack)
            position.top = machine.pointee.stackTop
            position.crossingTop = machine.pointee.crossingTop
            position.runCount = machine.pointee.runCount
            position.tracedFrames = tracedFrames
            return position
        }
        set {
            stack = newValue.stack
            machine.pointee.stackBase = newValue.stack.base
            machine.pointee.stackTop = newValue.top
            machine.pointee.crossingTop = newValue.crossingTop
            machine.pointee.runCount = newValue.runCount
            tracedFrames = newValue.tracedFrames
            setStackLimit(newValue.stack.end)
        }
    }

    // MARK: Suspension

    /// Notes that a host function wants the task to wait, or why it cannot.
    func suspend(
        _ suspension: Suspension, in function: HostFunction.Storage, slots: UnsafeMutableRawPointer,
        end: UnsafeMutableRawPointer, _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer,
        _ context: UnsafeMutableRawPointer
    ) {
        if let refusal = suspensionRefusal {
            pendingError = Trap(kind: .cannotSuspend(refusal))
            return trap(code, frame, context, .hostError)
        }
        suspendedCall = SuspendedCall(
            suspension: suspension, function: function, slots: slots, end: end, code: code, frame: frame,
            context: context)
        trap(code, frame, context, .suspended)
    }

    private var suspensionRefusal: String? {
        if currentTask == nil { return "the guest does not run in a task" }
        if machine.pointee.runCount > 1 { return "another host function, which called the guest, has not returned" }
        return nil
    }

    /// Goes on behind a call of the host, of which `body` does the rest.
    func resume(_ call: SuspendedCall, _ body: (Caller) throws -> Void) throws(Trap) -> RunEnd {
        guard NativeStack.hasRoom else { throw nativeStackExhaustion }
        return try runToEnd { goOn(behind: call, body) }
    }

    private func goOn(behind call: SuspendedCall, _ body: (Caller) throws -> Void) {
        if isInterrupted { return trap(call.code, call.frame, call.context, .interrupted) }
        do {
            machine.pointee.stackTop = call.end
            defer { machine.pointee.stackTop = stack.base }
            let caller = Caller(slots: call.slots, context: call.context, storeReference: self)
            try body(caller)
            call.suspension.complete(caller)
        } catch {
            let outcome = endHostCall(
                by: error, call.function, slots: call.slots, end: call.end, call.code, call.frame, call.context)
            guard outcome == .caught else { return }
            var state = State(call.code, call.frame, call.frame, 0, call.context, 0, 0)
            state.resume()
            return state.reloadingMemory().dispatch()
        }
        return call.returned.dispatch()
    }
}
