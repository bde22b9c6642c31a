import WebAssembly

/// An execution of a guest with registers of its own, which host functions may suspend in the middle of a call.
///
/// A store may have several tasks, and each goes on when it is resumed, in any order. They take turns on the store's
/// thread; a host function that one of them calls may start or resume another. Deadlines (``Store/interrupt()``) reach
/// all. A trap ends the call of its task and leaves the others as they are.
///
/// A host function suspends its caller by throwing a ``Suspension``. That works if the guest was called by
/// ``start(_:_:)``. If a host function stands in between, as where the guest calls a host function, that calls the guest
/// by ``Function/call(_:)``, and that calls the one that throws, then the frames of the one in between would have to be
/// kept on the native stack: the guest traps with ``Trap/Kind/cannotSuspend(_:)``. The same happens outside of tasks.
///
/// Sendable because it is a part of its store, which one thread uses at a time.
package final class GuestTask: @unchecked Sendable {
    /// How a turn of a task ended.
    package enum Outcome {
        /// The function returned these results.
        case returned([Value])
        /// A host function asked to wait.
        case suspended(Suspension)
    }

    private enum State {
        case idle
        case running
        case suspended(SuspendedCall)
    }

    package let store: Store
    private var state = State.idle
    private var position: StackPosition
    /// The results of the function that was started.
    private var resultTypes: [ValueType] = []

    /// Makes a task that does nothing yet.
    ///
    /// - Parameter stackBytes: The size of its stack, which bounds the depth of its calls; the store's limit if nil. Only
    ///   what is used takes memory.
    /// - Throws: ``Trap/Kind/limitExceeded(_:)`` if the process has no address space left.
    package init(in store: Store, stackBytes: Int? = nil) throws(Trap) {
        guard let stack = RegisterStack.take(byteCount: stackBytes ?? store.limits.stackBytes) else {
            throw Trap(kind: .limitExceeded("the process has no address space left for the stack of a task"))
        }
        self.store = store
        position = StackPosition(stack)
    }

    deinit {
        store.suspendedPositions[ObjectIdentifier(self)] = nil
        position.stack.giveBack(heldObjects: store.heap != nil)
    }

    /// Whether a host function waits to be resumed.
    package var isSuspended: Bool {
        if case .suspended = state { true } else { false }
    }

    /// Calls a function, and returns when it does or when a host function asks to wait.
    ///
    /// - Precondition: The task is neither running nor suspended: it may have ended a call before. The arguments have
    ///   the types of the parameters.
    /// - Throws: ``Trap`` if the function does not return. The task may be started again.
    package func start(_ function: Function, _ arguments: [Value] = []) throws(Trap) -> Outcome {
        guard case .idle = state else { preconditionFailure("a task is started once at a time") }
        precondition(function.store === store, "the function belongs to another store")
        let type = function.type
        resultTypes = type.results
        return try takeTurn { () throws(Trap) in
            let call = try store.beginCall(of: type, arguments)
            return try store.execute(function.record, call)
        }
    }

    /// Goes on after a host function has suspended the task.
    ///
    /// - Parameter body: What is left of the host function's work: it gets the same ``Caller``, whose arguments are as
    ///   they were, sets the results, and may throw whatever a host function may, also another ``Suspension``.
    /// - Throws: ``Trap`` if the guest does not return from the function that was started.
    /// - Precondition: The task is suspended.
    package func resume(_ body: (Caller) throws -> Void) throws(Trap) -> Outcome {
        guard case .suspended(let call) = state else { preconditionFailure("the task is not suspended") }
        store.suspendedPositions[ObjectIdentifier(self)] = nil
        return try takeTurn { () throws(Trap) in try store.resume(call, body) }
    }

    /// Has the machine use the task's stack meanwhile.
    private func takeTurn(_ turn: () throws(Trap) -> Store.RunEnd) throws(Trap) -> Outcome {
        state = .running
        let outer = store.enter(position, of: self)
        do {
            switch try turn() {
            case .returned:
                let results = store.values(of: resultTypes, at: position.stack.base)
                end(outer)
                return .returned(results)
            case .suspended(let call):
                position = store.leave(for: outer)
                position.top = call.end
                store.suspendedPositions[ObjectIdentifier(self)] = position
                state = .suspended(call)
                return .suspended(call.suspension)
            }
        } catch {
            end(outer)
            throw error
        }
    }

    /// Ends the call, so that another may begin.
    private func end(_ outer: Store.Turn) {
        _ = store.leave(for: outer)
        position = StackPosition(position.stack)
        state = .idle
    }
}
