import WebAssemblyRuntime

/// What a component does with its handles by core functions: `resource.new`, `resource.drop` and `resource.rep`.
struct ResourceFunctions: Sendable {
    /// The number of the resource type.
    let resource: UInt32
    /// The component instance whose handles these are.
    let instance: Int
    /// The component instances that a call of the destructor steps into.
    let entered: [Int]

    /// Makes a handle that owns.
    func new(_ core: Caller) throws(Trap) {
        let state = try leavingState(core)
        let index = try state.instances[instance].handles.add(
            HandleTable.Entry(.own, resource: resource, representation: core.i32(0)))
        core.setResult(index)
    }

    /// The representation of a resource, for the component that defines it.
    func representation(_ core: Caller) throws(Trap) {
        let state = ComponentState.running(in: core.store)
        core.setResult(try state.entry(core.i32(0), resource: resource, of: instance).representation)
    }

    /// Drops a handle; if it owns its resource, the destructor is called.
    func drop(_ core: Caller) throws {
        let state = try leavingState(core)
        let index = core.i32(0)
        let entry = try state.entry(index, resource: resource, of: instance)
        guard entry.lendCount == 0 else { throw Trap.lentHandle }
        state.instances[instance].handles.remove(index)
        if case .borrow(let task) = entry.kind {
            state.tasks[Int(task)].borrowCount -= 1
            return
        }
        let implementation = state.resources[Int(resource)]
        if let drop = implementation.type.drop {
            try state.noteEffect()
            return try drop(HostCall(store: core.store), entry.representation)
        }
        try state.enter(entered)
        if let destructor = implementation.destructor {
            let call = try RawCall(state.functions[destructor], slotCount: 1)
            defer { call.end() }
            call.slots.storeBytes(of: UInt64(entry.representation), as: UInt64.self)
            try state.run(call, inNewTaskOf: implementation.instance)
        }
        state.leave(entered)
    }

    private func leavingState(_ core: Caller) throws(Trap) -> ComponentState {
        let state = ComponentState.running(in: core.store)
        guard state.instances[instance].mayLeave else { throw .cannotLeave }
        return state
    }
}
