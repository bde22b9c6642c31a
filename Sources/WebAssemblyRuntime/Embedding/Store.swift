import Glibc
import Synchronization
import WebAssembly

/// Where instances live: their memories, tables and globals, the register stack, the garbage-collected heap, and the
/// limits of all these.
///
/// A store is used by one thread at a time; only ``interrupt()`` may be called by others. What belongs to it
/// (instances, functions, memories…) keeps it alive. It gives up its memory as a whole: make one store per request.
///
/// Sendable because its owner sees to it that one thread uses it at a time; the word that `interrupt()` writes is
/// atomic.
package final class Store: @unchecked Sendable {
    package let limits: StoreLimits

    /// The embedder's object, for host functions.
    package var hostState: AnyObject?

    /// What host functions that were made without an instance find theirs by while it runs: set by whoever calls into the
    /// guest, who keeps what it points to, and puts back what was there before when the call ends.
    package var guestState: UnsafeMutableRawPointer?

    /// Told of calls, as they begin and end, of functions of modules that were linked to be traced.
    package var callObserver: ((CallEvent) -> Void)?
    /// The frames of the traced calls that are active.
    var tracedFrames: [UnsafeMutableRawPointer] = []

    let machine: UnsafeMutablePointer<Machine>
    /// Stands for memory 0 of instances that have none.
    let emptyMemory: UnsafeMutablePointer<MemoryRecord>
    /// What a host function threw, until the execution it ended is left.
    var pendingError: (any Error)?
    /// Bytes of linear memory that instances have. It never becomes less: at the end, it is the most that there was.
    package internal(set) var memoryBytesInUse = 0
    var tableElementsInUse = 0

    /// The limits that refused the guest something, in the order in which they first did.
    private var reachedLimits: [StoreLimits.Resource] = []

    var heap: Heap?
    /// The exception that an execution ended with, until it is caught or reported.
    var pendingException: UInt64 = 0

    private(set) var instances: [OwnedInstance] = []
    private var instanceSets: [(blocks: [UnsafeMutableRawPointer], image: InstanceImage)] = []
    private var hostFunctions: [HostFunction.Storage] = []
    private var memories: [OwnedMemory] = []
    private(set) var hostGlobals: [UnsafeMutablePointer<GlobalCell>] = []
    private(set) var tables: [UnsafeMutablePointer<TableRecord>] = []
    /// Those of them that no instance defines.
    private var hostTables: [UnsafeMutablePointer<TableRecord>] = []
    private var allocations: [UnsafeMutableRawPointer] = []

    // Tasks; see Store+Tasks.swift.

    /// The stack in use.
    var stack: RegisterStack
    /// The one of executions outside of tasks.
    private let ownStack: RegisterStack
    /// The task that runs, if one does.
    var currentTask: Unmanaged<GuestTask>?
    /// The call in which the task was just suspended.
    var suspendedCall: SuspendedCall?
    /// Where those stand that host functions wait for whom the running task was called by.
    var outerPositions: [StackPosition] = []
    /// Where the suspended tasks stand.
    var suspendedPositions: [ObjectIdentifier: StackPosition] = [:]

    /// An instance's block, what it needs, and where it goes in the end.
    struct OwnedInstance {
        let context: UnsafeMutableRawPointer
        let translated: TranslatedModule
        /// Nil if it belongs to a set.
        fileprivate let pool: InstancePool?
    }

    private struct OwnedMemory {
        let record: UnsafeMutablePointer<MemoryRecord>
        let entry: MemoryPool.Entry
        let pool: MemoryPool
    }

    package init(limits: StoreLimits = StoreLimits(), hostState: AnyObject? = nil) {
        self.limits = limits
        self.hostState = hostState
        guard let stack = RegisterStack.take(byteCount: limits.stackBytes) else {
            // Nothing in a process can go on that has not even the least.
            fatalError("the process has no address space left for a register stack")
        }
        self.stack = stack
        ownStack = stack
        machine = .allocate(capacity: 1)
        emptyMemory = .allocate(capacity: 1)
        emptyMemory.initialize(
            to: MemoryRecord(
                base: stack.base, byteCount: 0, reservedByteCount: 0, maximumPageCount: 0, is64Bit: false,
                isShared: false,
                hasDeclaredMaximum: true))
        machine.initialize(
            to: Machine(
                stackLimit: stack.end, stackBase: stack.base, stackTop: stack.base, crossingTop: stack.crossings,
                store: Unmanaged.passUnretained(self)))
    }

    deinit {
        for memory in memories {
            memory.pool.give(memory.entry, usedByteCount: Int(memory.record.pointee.byteCount))
        }
        for table in hostTables { table.pointee.destroy() }
        for instance in instances { instance.pool?.give(instance.context) }
        for set in instanceSets { set.image.give(set.blocks) }
        for allocation in allocations { allocation.deallocate() }
        ownStack.giveBack(heldObjects: heap != nil)
        emptyMemory.deallocate()
        machine.deallocate()
    }

    // MARK: Interruption
    //
    // Jumps look at the request; calls need not, since the limit of the stack, which they compare with anyway, is drawn
    // in. Both are written while the guest runs; machine words are written and read as a whole.
    //
    // The store's thread writes the limit when another task takes its turn. In the one order of these accesses, either it
    // sees the request, or the limit is drawn in after it.

    private var interruptRequest: UnsafeMutablePointer<Atomic<UInt64>> {
        UnsafeMutableRawPointer(machine).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    private var stackLimit: UnsafeMutablePointer<Atomic<UInt>> {
        (UnsafeMutableRawPointer(machine) + MemoryLayout<Machine>.offset(of: \.stackLimit)!)
            .assumingMemoryBound(to: Atomic<UInt>.self)
    }

    /// No frame is below this address.
    private static let drawnInLimit: UInt = 1

    /// Ends the guest that runs now, or the next one to run, in whatever task, with ``Trap/Kind/interrupted``. May be
    /// called by any thread.
    package func interrupt() {
        interruptRequest.pointee.store(1, ordering: .sequentiallyConsistent)
        stackLimit.pointee.store(Store.drawnInLimit, ordering: .sequentiallyConsistent)
    }

    /// Takes back ``interrupt()``.
    package func clearInterrupt() {
        interruptRequest.pointee.store(0, ordering: .sequentiallyConsistent)
        setStackLimit(stack.end)
    }

    /// Sets the end of the stack in use, which is drawn in if the guest was asked to stop.
    func setStackLimit(_ limit: UnsafeMutableRawPointer) {
        stackLimit.pointee.store(UInt(bitPattern: limit), ordering: .sequentiallyConsistent)
        if interruptRequest.pointee.load(ordering: .sequentiallyConsistent) != 0 {
            stackLimit.pointee.store(Store.drawnInLimit, ordering: .sequentiallyConsistent)
        }
    }

    /// Whether the guest was asked to stop: for host functions that wait.
    package var isInterrupted: Bool { interruptRequest.pointee.load(ordering: .relaxed) != 0 }

    // MARK: Limits

    func noteReached(_ resource: StoreLimits.Resource) {
        if !reachedLimits.contains(resource) { reachedLimits.append(resource) }
    }

    /// The limits that refused the guest something, which may be why it failed later: a sentence for each, without a
    /// period, that names the limit and how to raise it.
    package var limitDescriptions: [String] { reachedLimits.map(limits.description) }

    // MARK: Making parts

    /// Memory that holds until the store ends.
    func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
        let place = UnsafeMutableRawPointer.allocate(byteCount: max(16, byteCount), alignment: 16)
        allocations.append(place)
        return place
    }

    func keep(instance: UnsafeMutableRawPointer, of translated: TranslatedModule, for pool: InstancePool) {
        instances.append(OwnedInstance(context: instance, translated: translated, pool: pool))
    }

    /// Keeps instances that an image has made.
    func keep(instances set: [(UnsafeMutableRawPointer, TranslatedModule)], of image: InstanceImage) {
        for (context, translated) in set {
            instances.append(OwnedInstance(context: context, translated: translated, pool: nil))
        }
        instanceSets.append((set.map(\.0), image))
    }

    /// Keeps a host function that records refer to.
    func keep(_ function: HostFunction.Storage) {
        hostFunctions.append(function)
    }

    /// The record of a host function that belongs to no instance.
    func makeRecord(of function: HostFunction.Storage) -> UnsafeMutablePointer<FunctionRecord> {
        keep(function)
        let record = allocate(byteCount: MemoryLayout<FunctionRecord>.size)
            .bindMemory(to: FunctionRecord.self, capacity: 1)
        record.initialize(to: FunctionRecord(host: function))
        return record
    }

    func makeMemory(_ type: MemoryType) throws(Trap) -> UnsafeMutablePointer<MemoryRecord> {
        let record = allocate(byteCount: MemoryLayout<MemoryRecord>.size).bindMemory(to: MemoryRecord.self, capacity: 1)
        try initialize(record, type: type, pool: MemoryPool(image: nil, capacity: 0))
        return record
    }

    /// Gives a memory its addresses, from a pool that has its initial contents in place.
    func initialize(
        _ record: UnsafeMutablePointer<MemoryRecord>, type: MemoryType, pool: MemoryPool
    ) throws(Trap) {
        let pageByteCount = UInt64(MemoryType.pageByteCount)
        let available = UInt64(max(0, limits.memoryBytes - memoryBytesInUse))
        guard type.limits.minimum <= available / pageByteCount else {
            throw Trap(
                kind: .limitExceeded(
                    "a memory of \(type.limits.minimum) pages of 64 KiB does not fit: "
                        + limits.description(of: .memory)))
        }
        let typeMaximum = type.addressType == .i64 ? UInt64(1) << 48 : 65536
        let maximum = min(type.limits.maximum ?? typeMaximum, typeMaximum)
        let byteCount = Int(type.limits.minimum * pageByteCount)
        let reserved = Int(min(maximum, UInt64(limits.memoryBytes) / pageByteCount) * pageByteCount)
        guard let entry = pool.take(reservedByteCount: reserved) else {
            throw Trap(kind: .limitExceeded("the process has no address space left for a memory of \(reserved) bytes"))
        }
        record.initialize(
            to: MemoryRecord(
                base: entry.base, byteCount: UInt(byteCount), reservedByteCount: UInt(reserved),
                maximumPageCount: maximum, is64Bit: type.addressType == .i64, isShared: type.isShared,
                hasDeclaredMaximum: type.limits.maximum != nil))
        memoryBytesInUse += byteCount
        memories.append(OwnedMemory(record: record, entry: entry, pool: pool))
    }

    /// Grows a memory in place; returns the old number of pages, or nil if it cannot.
    func grow(_ record: UnsafeMutablePointer<MemoryRecord>, byPageCount count: UInt64) -> UInt64? {
        let pageByteCount = UInt64(MemoryType.pageByteCount)
        let old = UInt64(record.pointee.byteCount) / pageByteCount
        let (new, overflow) = old.addingReportingOverflow(count)
        // What the type forbids is the module's own limit.
        guard !overflow, new <= record.pointee.maximumPageCount else { return nil }
        guard new <= UInt64(record.pointee.reservedByteCount) / pageByteCount,
            count <= UInt64(max(0, limits.memoryBytes - memoryBytesInUse)) / pageByteCount
        else {
            noteReached(.memory)
            return nil
        }
        memoryBytesInUse += Int(count * pageByteCount)
        record.pointee.byteCount = UInt(new * pageByteCount)
        return old
    }

    func makeTable(_ type: TableType, initialElement: UInt64) throws(Trap) -> UnsafeMutablePointer<TableRecord> {
        let record = allocate(byteCount: MemoryLayout<TableRecord>.size).bindMemory(to: TableRecord.self, capacity: 1)
        try initialize(record, type: type, initialElement: initialElement)
        hostTables.append(record)
        return record
    }

    func initialize(
        _ record: UnsafeMutablePointer<TableRecord>, type: TableType, initialElement: UInt64
    ) throws(Trap) {
        try checkRoom(forTableOf: type.limits.minimum)
        let count = Int(type.limits.minimum)
        let capacity = max(count, 1)
        let elements = TableRecord.makeElements(capacity: capacity)
        if initialElement != 0 { elements.update(repeating: initialElement, count: count) }
        let typeMaximum = type.addressType == .i64 ? UInt64.max : UInt64(UInt32.max)
        record.initialize(
            to: TableRecord(
                elements: elements, count: UInt(count), capacity: UInt(capacity),
                maximumCount: min(type.limits.maximum ?? typeMaximum, typeMaximum), element: type.element,
                is64Bit: type.addressType == .i64, hasDeclaredMaximum: type.limits.maximum != nil))
        keep(table: record)
    }

    /// Takes over a table that an ended instance left as it had been at first.
    func adopt(table record: UnsafeMutablePointer<TableRecord>) throws(Trap) {
        try checkRoom(forTableOf: UInt64(record.pointee.count))
        keep(table: record)
    }

    private func checkRoom(forTableOf count: UInt64) throws(Trap) {
        guard count <= UInt64(max(0, limits.tableElements - tableElementsInUse)) else {
            throw Trap(
                kind: .limitExceeded(
                    "a table of \(count) elements does not fit: " + limits.description(of: .tables)))
        }
    }

    private func keep(table record: UnsafeMutablePointer<TableRecord>) {
        tableElementsInUse += Int(record.pointee.count)
        tables.append(record)
    }

    /// Grows a table; returns the old number of elements, or nil if it cannot.
    func grow(_ record: UnsafeMutablePointer<TableRecord>, by count: UInt64, with element: UInt64) -> UInt64? {
        let old = UInt64(record.pointee.count)
        let (new, overflow) = old.addingReportingOverflow(count)
        guard !overflow, new <= record.pointee.maximumCount else { return nil }
        guard count <= UInt64(max(0, limits.tableElements - tableElementsInUse)) else {
            noteReached(.tables)
            return nil
        }
        record.completeElements()
        record.pointee.isChanged = true
        if new > UInt64(record.pointee.capacity) {
            let capacity = Int(max(new, min(UInt64(record.pointee.capacity) * 2, record.pointee.maximumCount)))
            let elements = TableRecord.makeElements(capacity: capacity)
            elements.update(from: record.pointee.elements, count: Int(old))
            free(record.pointee.elements)
            record.pointee.elements = elements
            record.pointee.capacity = UInt(capacity)
        }
        (record.pointee.elements + Int(old)).update(repeating: element, count: Int(count))
        tableElementsInUse += Int(count)
        record.pointee.count = UInt(new)
        return old
    }

    func makeGlobal() -> UnsafeMutablePointer<GlobalCell> {
        let cell = allocate(byteCount: MemoryLayout<GlobalCell>.size).bindMemory(to: GlobalCell.self, capacity: 1)
        cell.initialize(to: GlobalCell())
        hostGlobals.append(cell)
        return cell
    }

    func makeTag(_ type: TagType) -> UnsafeMutablePointer<TagRecord> {
        let record = allocate(byteCount: MemoryLayout<TagRecord>.size).bindMemory(to: TagRecord.self, capacity: 1)
        record.initialize(to: TagRecord(type: type.type.id))
        return record
    }
}
