import WebAssembly

extension Store {
    /// Slots for a call from the host, above everything that is in use.
    func beginCall(slotCount: Int) throws(Trap) -> UnsafeMutableRawPointer {
        let slots = machine.pointee.stackTop
        let end = slots + slotCount * 8
        guard end <= machine.pointee.stackLimit else {
            throw isInterrupted ? Trap(kind: .interrupted) : stackExhaustion
        }
        machine.pointee.stackTop = end
        return slots
    }

    /// Gives the slots of ``beginCall(slotCount:)`` back.
    func endCall(_ slots: UnsafeMutableRawPointer) {
        machine.pointee.stackTop = slots
    }

    /// Runs a function whose arguments stand at `frame`, until it returns its results there.
    func execute(
        _ record: UnsafeMutablePointer<FunctionRecord>, frame: UnsafeMutableRawPointer, header: Int
    ) throws(Trap) {
        if let host = record.pointee.host {
            do {
                try host._withUnsafeGuaranteedRef { function in
                    try function.body(Caller(slots: frame, context: nil, storeReference: self))
                }
            } catch let trap as Trap {
                throw trap
            } catch {
                throw Trap(kind: .host(error))
            }
            return
        }
        guard let entry = record.pointee.entry, let context = record.pointee.context else {
            preconditionFailure("a function of an instance has code")
        }
        guard machine.pointee.nesting < Store.maximumNesting else { throw stackExhaustion }
        machine.pointee.nesting += 1
        defer { machine.pointee.nesting -= 1 }
        let crossings = machine.pointee.crossingTop
        machine.pointee.exit = .returned
        frame.storeBytes(of: StaticCode.leave, toByteOffset: header * 8, as: UnsafeRawPointer.self)
        frame.storeBytes(of: frame, toByteOffset: header * 8 + 8, as: UnsafeMutableRawPointer.self)
        run(entry.pointee, frame: frame, context: context)
        if machine.pointee.exit == .returned { return }
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
                let calls = activeCalls()
                return Trap(
                    kind: trap.kind, frames: trap.frames + calls.frames,
                    omittedCallCount: trap.omittedCallCount + calls.omittedCount)
            }
            guard let error else { preconditionFailure("a host function's error is pending") }
            // Mostly a program's ordinary end, for which nobody wants to know the calls, and names are not free.
            guard let traced = error as? any TracedError, traced.isTraced else { return Trap(kind: .host(error)) }
            let calls = activeCalls()
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
        let calls = activeCalls()
        return Trap(
            kind: kind, frames: calls.frames, omittedCallCount: calls.omittedCount,
            limitDescriptions: limitDescriptions)
    }

    /// The trap of a call from the host for which there is no room.
    private var stackExhaustion: Trap {
        noteReached(.stack)
        return Trap(kind: .callStackExhausted, limitDescriptions: limitDescriptions)
    }

    /// The calls of the execution that just ended, innermost first.
    private func activeCalls() -> (frames: [Trap.Frame], omittedCount: Int) {
        var frames: [Trap.Frame] = []
        var omittedCount = 0
        guard var code = machine.pointee.exitCode, var frame = machine.pointee.exitFrame,
            var context = machine.pointee.exitContext
        else { return (frames, omittedCount) }
        var crossing = machine.pointee.crossingTop
        while true {
            let translated = Instance(context: context, store: self).translated
            guard let function = translated.code.function(at: code) else { break }
            let names = translated.module.names
            let offset = function.binaryOffset(of: code)
            if let last = frames.last, last.codeOffset == offset, last.functionIndex == function.index,
                last.moduleName == names.module, omittedCount == 0
            {
                frames[frames.count - 1].callCount += 1
            } else if frames.count < Trap.maximumFrames {
                frames.append(
                    Trap.Frame(
                        moduleName: names.module, functionIndex: function.index,
                        functionName: names.function(function.index), codeOffset: offset,
                        sourceLocation: translated.module.sourceLocation(at: offset)))
            } else {
                omittedCount += 1
            }
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
        return (frames, omittedCount)
    }
}

extension ExitReason {
    /// The trap's kind, for reasons that carry nothing else.
    fileprivate var kind: Trap.Kind {
        switch self {
        case .returned, .hostError, .uninitializedElement: preconditionFailure("not a plain trap")
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
