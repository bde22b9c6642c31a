import WebAssemblyRuntime

/// What an instance of a linked component, with all instances in it, has at run time.
///
/// Everything is found by number, as ``LinkedComponent`` has laid it out.
final class ComponentState {
    let layouts: LayoutTable
    let resources: [ResourceImplementation]
    let store: Store

    /// A component instance of the tree.
    struct Instance: Sendable {
        /// Whether it may be called (`may_enter`). It stays false after a trap.
        var mayEnter = true
        /// Whether it may call what is outside (`may_leave`).
        var mayLeave = true
        var handles = HandleTable()
        /// How often it has asked that no more asynchronous calls begin.
        var backpressure: UInt32 = 0
    }

    /// A call of a lifted function that is under way (`Task`). The synchronous ones, which are all that there are yet, begin
    /// and end as on a stack; entries refer to theirs by number, so that tasks that end in another order need no other
    /// form.
    struct Task {
        /// The number of the component instance that runs it.
        let instance: Int
        /// How many handles it was given and has not dropped.
        var borrowCount: UInt32 = 0
        /// `context.get` and `context.set`.
        var context: (UInt64, UInt64) = (0, 0)
        /// Whether it gives its result by `task.return`.
        var isAsynchronous = false
    }

    var instances: [Instance]
    var tasks: [Task] = []
    /// What those of the tasks that are asynchronous have besides, the last begun last.
    var asynchronousTasks: [AsynchronousTask] = []
    /// Instances of core modules, in the order in which they are made.
    var coreInstances: [WebAssemblyRuntime.Instance] = []
    /// The functions that lifts, options and destructors name, in the order in which they are taken.
    var functions: [Function] = []
    /// The memories that options name.
    var memories: [Memory] = []
    /// What is known, and done, of calls of functions of the host that are not repeatable.
    var effects = Effects.none

    enum Effects {
        /// None was called.
        case none
        /// At least one was.
        case called
        /// They trap, and leave no trace outside.
        case refused
    }

    /// A buffer for the arguments of functions of the host, while none is called.
    private var argumentBuffer: [Value] = []

    init(layouts: LayoutTable, resources: [ResourceImplementation], instanceCount: Int, store: Store) {
        self.layouts = layouts
        self.resources = resources
        self.store = store
        instances = Array(repeating: Instance(), count: instanceCount)
    }

    // MARK: Being found by host functions

    /// The one whose code runs in a store.
    @inline(__always)
    static func running(in store: Store) -> ComponentState {
        guard let state = store.guestState else {
            preconditionFailure("components' functions are called by components")
        }
        return Unmanaged<ComponentState>.fromOpaque(state).takeUnretainedValue()
    }

    /// Has host functions find this one while `body` runs.
    @inline(__always)
    func whileRunning<Result>(_ body: () throws(Trap) -> Result) throws(Trap) -> Result {
        let outer = store.guestState
        store.guestState = Unmanaged.passUnretained(self).toOpaque()
        defer { store.guestState = outer }
        return try body()
    }

    /// Notes that a function of the host is to be called that is not repeatable.
    @inline(__always)
    func noteEffect() throws(Trap) {
        guard effects != .refused else { throw .effectRefused }
        effects = .called
    }

    // MARK: Calls

    /// Enters instances that a call steps into (`enter_from`).
    @inline(__always)
    func enter(_ entered: [Int]) throws(Trap) {
        for instance in entered {
            guard instances[instance].mayEnter else { throw .cannotEnter }
            instances[instance].mayEnter = false
        }
    }

    @inline(__always)
    func leave(_ entered: [Int]) {
        for instance in entered { instances[instance].mayEnter = true }
    }

    @inline(__always)
    func beginTask(of instance: Int) -> Int32 {
        tasks.append(Task(instance: instance))
        return Int32(tasks.count - 1)
    }

    /// Ends the task that began last.
    @inline(__always)
    func endTask() { tasks.removeLast() }

    /// Notes that the task that began last is asynchronous.
    func beginAsynchronousTask(_ task: AsynchronousTask) {
        tasks[tasks.count - 1].isAsynchronous = true
        asynchronousTasks.append(task)
    }

    /// The result for the host, if the host called.
    func endAsynchronousTask() -> Value? { asynchronousTasks.removeLast().result }

    /// Runs a core function. An exception that it does not catch is a trap: exceptions do not leave a component.
    @inline(__always)
    func run(_ call: RawCall, inNewTaskOf instance: Int? = nil) throws(Trap) {
        if let instance { tasks.append(Task(instance: instance)) }
        do {
            try call.run()
        } catch {
            guard case .uncaughtException = error.kind else { throw error }
            throw Trap(
                kind: .component("unhandled exception: an exception cannot leave a component"), frames: error.frames,
                omittedCallCount: error.omittedCallCount, limitDescriptions: error.limitDescriptions)
        }
        if instance != nil { tasks.removeLast() }
    }

    /// An empty array that has room, mostly; to be given back.
    @inline(__always)
    func takeArgumentBuffer() -> [Value] {
        var buffer: [Value] = []
        swap(&buffer, &argumentBuffer)
        return buffer
    }

    @inline(__always)
    func giveArgumentBuffer(_ buffer: consuming [Value]) {
        buffer.removeAll(keepingCapacity: true)
        swap(&buffer, &argumentBuffer)
    }

    // MARK: Handles

    /// Removes a handle that owns, and gives the representation (`lift_own`).
    func removeOwn(_ index: UInt32, resource: UInt32, from instance: Int) throws(Trap) -> UInt32 {
        let entry = try entry(index, resource: resource, of: instance)
        guard entry.lendCount == 0 else { throw .lentHandle }
        guard case .own = entry.kind else { throw .ownOfBorrow }
        instances[instance].handles.remove(index)
        return entry.representation
    }

    /// Lends a handle, and gives the representation (`lift_borrow`).
    func lend(_ index: UInt32, resource: UInt32, from instance: Int) throws(Trap) -> UInt32 {
        let entry = try entry(index, resource: resource, of: instance)
        instances[instance].handles.lend(index)
        return entry.representation
    }

    /// The handle of a resource type at an index that a guest gave.
    func entry(_ index: UInt32, resource: UInt32, of instance: Int) throws(Trap) -> HandleTable.Entry {
        let entry = try instances[instance].handles[index]
        switch entry.kind {
        case .own, .borrow: break
        case .free, .waitableSet: throw .notAResource(index)
        }
        guard entry.resource == resource else {
            throw .wrongHandleType(
                index, expected: resources[Int(resource)].type, found: resources[Int(entry.resource)].type)
        }
        return entry
    }
}
