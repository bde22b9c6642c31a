import WebAssembly

extension Store {
    /// Makes a frame for a call, whose header has a slot behind those of arguments and results.
    func beginCall(header: Int) throws(Trap) -> CallFrame {
        let slots = machine.pointee.stackTop
        let end = slots + (header + FrameShape.headerSlotCount) * 8
        guard end <= machine.pointee.stackLimit else {
            throw isInterrupted ? Trap(kind: .interrupted) : stackExhaustion
        }
        machine.pointee.stackTop = end
        return CallFrame(slots: slots, header: header)
    }

    /// Gives the frame back.
    func endCall(_ call: CallFrame) {
        machine.pointee.stackTop = call.slots
    }

    /// Runs a function whose arguments stand in a frame, until it returns its results there or its task is suspended.
    func execute(_ record: UnsafeMutablePointer<FunctionRecord>, _ call: CallFrame) throws(Trap) -> RunEnd {
        guard NativeStack.hasRoom else { throw nativeStackExhaustion }
        let frame = call.slots
        if let host = record.pointee.host {
            do {
                try host._withUnsafeGuaranteedRef { function in
                    try function.body(Caller(slots: frame, context: nil, storeReference: self))
                }
                return .returned
            } catch let trap as Trap {
                throw trap
            } catch is Suspension {
                throw Trap(kind: .cannotSuspend("the host itself called the function that is to wait"))
            } catch {
                throw Trap(kind: .host(error))
            }
        }
        guard let entry = record.pointee.entry, let context = record.pointee.context else {
            preconditionFailure("a function of an instance has code")
        }
        frame.storeBytes(of: StaticCode.leave, toByteOffset: call.header * 8, as: UnsafeRawPointer.self)
        frame.storeBytes(of: frame, toByteOffset: call.header * 8 + 8, as: UnsafeMutableRawPointer.self)
        return try runToEnd { run(entry.pointee, frame: frame, context: context) }
    }

    /// Lets the machine run, and says how that ended.
    @inline(__always)
    func runToEnd(_ run: () -> Void) throws(Trap) -> RunEnd {
        machine.pointee.runCount += 1
        defer { machine.pointee.runCount -= 1 }
        let crossings = machine.pointee.crossingTop
        machine.pointee.exit = .returned
        run()
        if machine.pointee.exit == .returned { return .returned }
        if machine.pointee.exit == .suspended, let call = suspendedCall {
            suspendedCall = nil
            machine.pointee.exit = .returned
            return .suspended(call)
        }
        let trap = makeTrap()
        machine.pointee.crossingTop = crossings
        machine.pointee.exit = .returned
        throw trap
    }

    private func run(
        _ code: UnsafeRawPointer, frame: UnsafeMutableRawPointer, context: UnsafeMutableRawPointer
    ) {
        // A call from the host is one more call: it checks the stack as calls do.
        let state = State(code, frame, machine.pointee.stackBase, 0, context, 0, 0).reloadingMemory()
        if frame + FrameRequirement.byteCount(of: code) > machine.pointee.stackLimit {
            return state.trap(isInterrupted ? .interrupted : .callStackExhausted)
        }
        return state.dispatch()
    }

    // MARK: Traps

    /// What the machine says of why it stopped, with the active calls.
    private func makeTrap() -> Trap {
        switch machine.pointee.exit {
        case .hostError:
            let error = pendingError
            pendingError = nil
            if let trap = error as? Trap {
                var calls = BackTrace(trap)
                addActiveCalls(to: &calls)
                return Trap(
                    kind: trap.kind, frames: calls.frames, omittedCallCount: calls.omittedCount,
                    limitDescriptions: trap.limitDescriptions)
            }
            guard let error else { preconditionFailure("a host function's error is pending") }
            // Mostly a program's ordinary end, for which nobody wants to know the calls, and names are not free.
            guard let traced = error as? any TracedError, traced.isTraced else { return Trap(kind: .host(error)) }
            let calls = activeCalls
            return Trap(kind: .host(error), frames: calls.frames, omittedCallCount: calls.omittedCount)
        case .exception:
            return trap(.uncaughtException)
        case .uninitializedElement:
            return trap(.uninitializedElement(index: machine.pointee.exitDetail))
        case .callStackExhausted:
            noteReached(.stack)
            return trap(.callStackExhausted)
        case .heapExhausted:
            noteReached(.heap)
            return trap(.heapExhausted)
        case let reason:
            return trap(reason.kind)
        }
    }

    private func trap(_ kind: Trap.Kind) -> Trap {
        let calls = activeCalls
        return Trap(
            kind: kind, frames: calls.frames, omittedCallCount: calls.omittedCount,
            limitDescriptions: limitDescriptions)
    }

    /// The trap of a call from the host for which there is no room.
    private var stackExhaustion: Trap {
        noteReached(.stack)
        return Trap(kind: .callStackExhausted, limitDescriptions: limitDescriptions)
    }

    /// The trap of a guest that a host function called for which the thread has no room.
    var nativeStackExhaustion: Trap {
        Trap(
            kind: .callStackExhausted,
            limitDescriptions: limitDescriptions + [
                "guests and host functions that called each other filled the thread's stack of "
                    + "\(NativeStack.bounds.byteCount) bytes"
            ])
    }

    /// The calls of the run that just ended.
    private var activeCalls: BackTrace {
        var calls = BackTrace()
        addActiveCalls(to: &calls)
        return calls
    }

    private func addActiveCalls(to calls: inout BackTrace) {
        guard var code = machine.pointee.exitCode, var frame = machine.pointee.exitFrame,
            var context = machine.pointee.exitContext
        else { return }
        var crossing = machine.pointee.crossingTop
        while true {
            let translated = Instance(context: context, store: self).translated
            guard let function = translated.code.function(at: code) else { break }
            calls.add(function, of: translated.module, at: code)
            let header = frame + function.header * 8
            var next = header.load(as: UnsafeRawPointer.self)
            frame = header.load(fromByteOffset: 8, as: UnsafeMutableRawPointer.self)
            if next == StaticCode.returnToOtherInstance {
                crossing -= 1
                next = crossing.pointee.returnCode
                context = crossing.pointee.context
            }
            if next == StaticCode.leave { break }
            // The return address is behind the call.
            code = next - 1
        }
    }
}

extension ExitReason {
    /// The trap's kind, for reasons that carry nothing else.
    fileprivate var kind: Trap.Kind {
        switch self {
        case .returned, .hostError, .suspended, .uninitializedElement: preconditionFailure("not a plain trap")
        case .unreachable: .unreachable
        case .integerDivideByZero: .integerDivideByZero
        case .integerOverflow: .integerOverflow
        case .invalidConversionToInteger: .invalidConversionToInteger
        case .outOfBoundsMemoryAccess: .outOfBoundsMemoryAccess
        case .outOfBoundsTableAccess: .outOfBoundsTableAccess
        case .undefinedElement: .undefinedElement
        case .indirectCallTypeMismatch: .indirectCallTypeMismatch
        case .callStackExhausted: .callStackExhausted
        case .nullReference: .nullReference
        case .nullFunctionReference: .nullFunctionReference
        case .nullStructureReference: .nullStructureReference
        case .nullArrayReference: .nullArrayReference
        case .nullI31Reference: .nullI31Reference
        case .nullExceptionReference: .nullExceptionReference
        case .outOfBoundsArrayAccess: .outOfBoundsArrayAccess
        case .castFailure: .castFailure
        case .unalignedAtomic: .unalignedAtomic
        case .expectedSharedMemory: .expectedSharedMemory
        case .interrupted: .interrupted
        case .heapExhausted: .heapExhausted
        case .functionTooLarge: .functionTooLarge
        case .exception: .uncaughtException
        }
    }
}
