package import WebAssemblyRuntime

/// An instance of a component in a store.
///
/// Sendable because it is a reference into its store, which one thread uses at a time.
package final class ComponentInstance: @unchecked Sendable {
    package let linked: LinkedComponent
    package let store: Store
    private let state: ComponentState

    /// Whether nothing was done in making it that leaves a trace or could come out in another way: only functions of the host
    /// were called that are repeatable. An image of what there is now serves as well as another instantiation.
    package let isRepeatable: Bool

    init(_ linked: LinkedComponent, in store: Store) throws(Trap) {
        self.linked = linked
        self.store = store
        let state = ComponentState(
            layouts: linked.layouts, resources: linked.resources, instanceCount: linked.instanceCount, store: store)
        self.state = state
        // Other guests that run in the store meanwhile could be in the image.
        let isAlone = store.guestState == nil
        if isAlone, let image = linked.images.image {
            try image.restore(in: state)
            for step in linked.steps where !step.isInstantiation { try state.run(step, of: linked) }
        } else {
            try state.runAllSteps(of: linked)
            if isAlone { linked.images.note(isRepeatable: state.effects == .none) }
        }
        isRepeatable = state.effects == .none
    }

    /// The instances of core modules in it, in the order in which they were made.
    package var coreInstances: [Instance] { state.coreInstances }

    /// An exported function.
    package func function(_ name: ExportName) -> ComponentFunction? {
        linked.exportedFunction(name).map { ComponentFunction($0, in: self) }
    }

    /// Calls an exported function of this instance's component.
    ///
    /// - Parameter arguments: Values of the types of the parameters; handles to resources of the host are given by the
    ///   host's numbers.
    /// - Throws: ``Trap`` if the function does not return; after that, the instance cannot be called any more.
    @discardableResult
    package func call(_ function: ExportedFunction, _ arguments: [Value] = []) throws(Trap) -> Value? {
        try state.whileRunning { () throws(Trap) in
            switch function.kind {
            case .lifted(let lifted): return try lifted.call(arguments, in: state)
            case .missing(let name): throw .missing(name)
            case .host(let host):
                do {
                    return try host.body(HostCall(store: store), arguments)
                } catch let trap as Trap {
                    throw trap
                } catch {
                    throw Trap(kind: .host(error))
                }
            }
        }
    }
}

/// An exported function of an instance of a component.
package struct ComponentFunction: Sendable {
    private let function: ExportedFunction
    private let instance: ComponentInstance

    init(_ function: ExportedFunction, in instance: ComponentInstance) {
        self.function = function
        self.instance = instance
    }

    package var type: FunctionType { function.type }

    /// Calls the function: see ``ComponentInstance/call(_:_:)``.
    @discardableResult
    package func call(_ arguments: [Value] = []) throws(Trap) -> Value? {
        try instance.call(function, arguments)
    }
}

extension ComponentState {
    /// Makes all that there is of a new instance.
    func runAllSteps(of linked: LinkedComponent) throws(Trap) {
        try whileRunning { () throws(Trap) in
            for step in linked.steps { try run(step, of: linked) }
        }
    }

    fileprivate func run(_ step: LinkStep, of linked: LinkedComponent) throws(Trap) {
        switch step {
        case .instantiate(let module, .constant(let imports)):
            coreInstances.append(try linked.modules[module].instantiate(in: store, imports: imports))
        case .instantiate(let module, .references(let references)):
            var imports: [ExternalValue] = []
            imports.reserveCapacity(references.count)
            for reference in references { imports.append(value(of: reference, in: linked)) }
            coreInstances.append(try linked.modules[module].instantiate(in: store, imports: imports))
        case .function(let reference):
            switch value(of: reference, in: linked) {
            case .function(let function): functions.append(function)
            case .host(let function): functions.append(Function(function, in: store))
            default: preconditionFailure("a valid component names a function where it needs one")
            }
        case .memory(let reference):
            guard case .memory(let memory) = value(of: reference, in: linked) else {
                preconditionFailure("a valid component names a memory where it needs one")
            }
            memories.append(memory)
        }
    }

    private func value(of reference: CoreReference, in linked: LinkedComponent) -> ExternalValue {
        switch reference {
        case .export(let instance, let index): coreInstances[instance].export(at: index)
        case .trampoline(let index): .host(linked.trampolines[index])
        }
    }
}

extension Trap {
    static func missing(_ name: String) -> Trap {
        Trap(
            kind: .component("\(name) was called, which hippo-dev does not provide: it was linked as a stub that traps")
        )
    }
}
