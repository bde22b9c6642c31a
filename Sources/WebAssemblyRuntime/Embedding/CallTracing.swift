package import WebAssembly

/// Which calls of a module's functions a store's ``Store/callObserver`` is told of.
package enum TracedCalls: Sendable {
    /// Those of functions that the module exports or imports, and of its start function.
    case boundary
    /// Those of all its functions.
    case all
}

/// A call that begins or ends, told to a store's ``Store/callObserver``.
package struct CallEvent {
    package enum Phase {
        /// With the arguments.
        case begins([Value])
        /// With the results.
        case returns([Value])
        /// Only of functions of the host: what one throws. A guest's function that traps, or that an exception leaves,
        /// is followed by no event of its own.
        case throwsError(any Error)
    }

    package let function: TracedFunction
    package let phase: Phase
    /// How many traced calls are active around this one.
    package let depth: Int
    /// The function's memory 0, for functions of the host the calling instance's.
    package let memory: Memory?
}

/// A function that calls are traced of.
package struct TracedFunction: Sendable {
    /// For an import, the name of the module that it is imported from.
    package let importModule: String?
    /// The import's name; else the one in the module's name section, or that of its export; nil if it has none.
    package let name: String?
    /// The index in the module, imported functions counted.
    package let index: Int
    /// The module that defines it; nil for functions of the host.
    package let module: Module?

    init(importModule: String? = nil, name: String?, index: Int, module: Module? = nil) {
        self.importModule = importModule
        self.name = name
        self.index = index
        self.module = module
    }
}

extension Store {
    /// How many traced calls are active. In functions of the host, that is right for those which are told to the observer
    /// and those made by ``HostFunction/settlingTracedCalls()``.
    package var tracedCallCount: Int { tracedFrames.count }

    /// Forgets calls that ended without a return, as an exception ends them: frames of callees are above their callers'.
    private func settleTracedCalls(at frame: UnsafeMutableRawPointer) {
        while let last = tracedFrames.last, last >= frame { tracedFrames.removeLast() }
    }

    /// Notes a call with the frame at `frame`, and returns how many are around it.
    func beginTracedCall(_ frame: UnsafeMutableRawPointer) -> Int {
        settleTracedCalls(at: frame)
        tracedFrames.append(frame)
        return tracedFrames.count - 1
    }

    /// The same when it ends.
    func endTracedCall(_ frame: UnsafeMutableRawPointer) -> Int {
        settleTracedCalls(at: frame)
        return tracedFrames.count
    }
}

extension Caller {
    /// The values of some types in the call's slots, from the first on.
    fileprivate func values(of types: [ValueType]) -> [Value] {
        var slot = 0
        return types.map { type in
            defer { slot += type.slotCount }
            return store.value(
                type: type, low: argument(slot), high: type == .v128 ? argument(slot + 1) : 0)
        }
    }
}

extension HostFunction {
    /// The same function, in which ``Store/tracedCallCount`` is right, though nobody is told of its calls.
    package func settlingTracedCalls() -> HostFunction {
        let body = storage.body
        return HostFunction(type: type) { caller in
            _ = caller.store.endTracedCall(caller.slots)
            try body(caller)
        }
    }

    /// The same function, with its calls told to the store's observer.
    func traced(index: Int, module: String, name: String) -> HostFunction {
        let function = TracedFunction(importModule: module, name: name, index: index)
        let (body, type) = (storage.body, storage.type)
        return HostFunction(type: type) { caller in
            guard let observer = caller.store.callObserver else { return try body(caller) }
            let depth = caller.store.beginTracedCall(caller.slots)
            func tell(_ phase: CallEvent.Phase) {
                observer(CallEvent(function: function, phase: phase, depth: depth, memory: caller.memory))
            }
            tell(.begins(caller.values(of: type.parameters)))
            do {
                try body(caller)
            } catch let suspension as Suspension {
                // The call has not ended yet.
                throw suspension.completed { caller in
                    let depth = caller.store.endTracedCall(caller.slots)
                    let results = caller.values(of: type.results)
                    caller.store.callObserver?(
                        CallEvent(function: function, phase: .returns(results), depth: depth, memory: caller.memory))
                }
            } catch {
                _ = caller.store.endTracedCall(caller.slots)
                tell(.throwsError(error))
                throw error
            }
            _ = caller.store.endTracedCall(caller.slots)
            tell(.returns(caller.values(of: type.results)))
        }
    }
}

/// Tells the observer of a call of a guest's function that begins, the arguments being in its frame, or ends, the
/// results being at `slots`.
@inline(never)
func traceCall(
    _ functionIndex: Int, _ frame: UnsafeMutableRawPointer, _ slots: UnsafeMutableRawPointer,
    _ context: UnsafeMutableRawPointer, ends: Bool
) {
    let machine = context.assumingMemoryBound(to: InstanceContext.self).pointee.machine
    let store = machine.pointee.store.takeUnretainedValue()
    guard let observer = store.callObserver else { return }
    let caller = Caller(slots: slots, context: context, storeReference: store)
    let module = Instance(context: context, store: store).module
    let type = module.functionType(of: functionIndex)
    let name =
        module.names.function(functionIndex)
        ?? module.exports.first { $0.kind == .function && Int($0.index) == functionIndex }?.name
    let depth = ends ? store.endTracedCall(frame) : store.beginTracedCall(frame)
    observer(
        CallEvent(
            function: TracedFunction(name: name, index: functionIndex, module: module),
            phase: ends ? .returns(caller.values(of: type.results)) : .begins(caller.values(of: type.parameters)),
            depth: depth, memory: caller.memory))
}
