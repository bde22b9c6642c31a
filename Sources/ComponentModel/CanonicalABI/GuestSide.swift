import WebAssemblyRuntime

/// One guest's part in a call: its component instance and the canonical options by which its values are read and written
/// (Canonical ABI, "Lifting and Lowering Context").
struct GuestSide {
    /// Kept by whoever runs the call.
    unowned(unsafe) let state: ComponentState
    /// The number of the component instance.
    let instance: Int
    private let memoryOption: Memory?
    private let reallocate: Function?
    let stringEncoding: CanonicalOptions.StringEncoding
    /// The task that handles lowered as borrows belong to: the callee's.
    let task: Int32
    /// The handles lifted as borrows, which are lent until the call ends: the caller's.
    private var lent = LentHandles()
    /// Bytes that may still be lifted for the host.
    private var liftingBudget = GuestSide.maximumLiftedByteCount

    /// How many bytes the host's copies of one call's values may take: a guest's list of small elements is ten times as
    /// large outside, many of its elements may be one and the same string, and its memory limit does not cover any of it.
    /// One list of bytes of the greatest length fits.
    static let maximumLiftedByteCount = 1 << 28 + 1 << 20

    @inline(__always)
    init(
        state: ComponentState, instance: Int, memory: Memory?, reallocate: Function?,
        stringEncoding: CanonicalOptions.StringEncoding, task: Int32
    ) {
        self.state = state
        self.instance = instance
        memoryOption = memory
        self.reallocate = reallocate
        self.stringEncoding = stringEncoding
        self.task = task
    }

    @inline(__always)
    var memory: Memory {
        guard let memoryOption else { preconditionFailure("a valid component names the memory that its values are in") }
        return memoryOption
    }

    // MARK: Numbers

    @inline(__always)
    func load<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ location: Location, as type: Number.Type
    ) throws(Trap) -> Number {
        switch location {
        case .flat(let slots): Number(truncatingIfNeeded: slots.load(as: UInt64.self))
        case .memory(let address): try memory.load(address, as: Number.self)
        }
    }

    /// In slots, numbers stand zero-extended; signed ones have to be given extended to 32 bits.
    @inline(__always)
    func store<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ value: Number, to location: Location
    ) throws(Trap) {
        switch location {
        case .flat(let slots): slots.storeBytes(of: UInt64(value), as: UInt64.self)
        case .memory(let address): try memory.store(value, at: address)
        }
    }

    /// The pointer and the length of a string or list.
    @inline(__always)
    func loadPair(_ location: Location) throws(Trap) -> (pointer: UInt32, length: UInt32) {
        switch location {
        case .flat(let slots):
            return (
                UInt32(truncatingIfNeeded: slots.load(as: UInt64.self)),
                UInt32(truncatingIfNeeded: slots.load(fromByteOffset: 8, as: UInt64.self))
            )
        case .memory(let address):
            let pair = try memory.load(address, as: UInt64.self)
            return (UInt32(truncatingIfNeeded: pair), UInt32(pair >> 32))
        }
    }

    @inline(__always)
    func storePair(_ pointer: UInt32, _ length: UInt32, to location: Location) throws(Trap) {
        switch location {
        case .flat(let slots):
            slots.storeBytes(of: UInt64(pointer), as: UInt64.self)
            slots.storeBytes(of: UInt64(length), toByteOffset: 8, as: UInt64.self)
        case .memory(let address):
            try memory.store(UInt64(pointer) | UInt64(length) << 32, at: address)
        }
    }

    func loadDiscriminant(_ layout: Layout, _ location: Location) throws(Trap) -> UInt32 {
        let value: UInt32
        switch location {
        case .flat: value = try load(location, as: UInt32.self)
        case .memory:
            switch layout.discriminantSize {
            case 1: value = UInt32(try load(location, as: UInt8.self))
            case 2: value = UInt32(try load(location, as: UInt16.self))
            default: value = try load(location, as: UInt32.self)
            }
        }
        guard value < layout.count else { throw .invalidDiscriminant(value, caseCount: layout.count) }
        return value
    }

    func storeDiscriminant(_ value: UInt32, _ layout: Layout, to location: Location) throws(Trap) {
        switch layout.discriminantSize {
        case 1: try store(UInt8(truncatingIfNeeded: value), to: location)
        case 2: try store(UInt16(truncatingIfNeeded: value), to: location)
        default: try store(value, to: location)
        }
    }

    /// Sets to zero what a variant's payload leaves of the slots that the type has.
    func clearSlots(of layout: Layout, from used: UInt32, at location: Location) {
        guard case .flat(let slots) = location else { return }
        for index in Int(used)..<Int(layout.flatCount) {
            slots.storeBytes(of: 0, toByteOffset: index &* 8, as: UInt64.self)
        }
    }

    func loadFlags(_ layout: Layout, _ location: Location) throws(Trap) -> UInt32 {
        switch layout.size {
        case 1: try UInt32(load(location, as: UInt8.self)) & layout.mask
        case 2: try UInt32(load(location, as: UInt16.self)) & layout.mask
        default: try load(location, as: UInt32.self) & layout.mask
        }
    }

    func storeFlags(_ flags: UInt32, _ layout: Layout, to location: Location) throws(Trap) {
        switch layout.size {
        case 1: try store(UInt8(truncatingIfNeeded: flags & layout.mask), to: location)
        case 2: try store(UInt16(truncatingIfNeeded: flags & layout.mask), to: location)
        default: try store(flags & layout.mask, to: location)
        }
    }

    // MARK: Ranges

    /// The elements of a list that was found in memory.
    ///
    /// - Returns: the number of bytes.
    func checkList(_ pointer: UInt32, count: UInt32, of element: Layout) throws(Trap) -> UInt32 {
        let byteCount = UInt64(count) * UInt64(element.size)
        guard byteCount <= UInt64(Self.maximumByteLength) else { throw .tooLong(.list, byteCount: byteCount) }
        guard pointer & (element.alignment - 1) == 0 else {
            throw .unalignedPointer(pointer, alignment: element.alignment)
        }
        guard UInt64(pointer) + byteCount <= UInt64(memory.byteCount) else {
            throw .listOutOfBounds(pointer, byteCount: byteCount, memory: memory.byteCount)
        }
        return UInt32(byteCount)
    }

    /// A record of parameters or a result that a core function points to.
    func checkRecord(_ pointer: UInt32, _ layout: Layout) throws(Trap) {
        guard pointer & (layout.alignment - 1) == 0 else {
            throw .unalignedPointer(pointer, alignment: layout.alignment)
        }
        guard UInt64(pointer) + UInt64(layout.size) <= UInt64(memory.byteCount) else {
            throw .pointerOutOfBounds(pointer, byteCount: layout.size, memory: memory.byteCount)
        }
    }

    /// `MAX_STRING_BYTE_LENGTH` and `MAX_LIST_BYTE_LENGTH`.
    static let maximumByteLength: UInt32 = 1 << 28 - 1

    /// Bytes of memory that were found to be within it.
    func bytes(_ pointer: UInt32, count: UInt32) throws(Trap) -> UnsafeMutableRawBufferPointer {
        try memory.bytes(at: pointer, count: count)
    }

    // MARK: Allocation

    /// Has the guest allocate (`realloc` with nothing to start from), and checks what it gives.
    func allocate(_ byteCount: UInt32, alignment: UInt32, for content: AllocatedContent) throws(Trap) -> UInt32 {
        try reallocate(0, 0, alignment: alignment, to: byteCount, for: content)
    }

    /// Has the guest allocate anew, and checks what it gives. The guest may call nothing outside meanwhile.
    func reallocate(
        _ old: UInt32, _ oldByteCount: UInt32, alignment: UInt32, to byteCount: UInt32, for content: AllocatedContent
    ) throws(Trap) -> UInt32 {
        guard let reallocate else { preconditionFailure("a valid component names the function that allocates") }
        let call = try RawCall(reallocate, slotCount: 4)
        defer { call.end() }
        call.slots.storeBytes(of: UInt64(old), as: UInt64.self)
        call.slots.storeBytes(of: UInt64(oldByteCount), toByteOffset: 8, as: UInt64.self)
        call.slots.storeBytes(of: UInt64(alignment), toByteOffset: 16, as: UInt64.self)
        call.slots.storeBytes(of: UInt64(byteCount), toByteOffset: 24, as: UInt64.self)
        state.instances[instance].mayLeave = false
        try state.run(call, inNewTaskOf: instance)
        state.instances[instance].mayLeave = true
        let pointer = call.slots.load(as: UInt32.self)
        guard pointer & (alignment - 1) == 0 else { throw .unalignedAllocation(pointer, alignment: alignment) }
        guard UInt64(pointer) + UInt64(byteCount) <= UInt64(memory.byteCount) else {
            throw .allocationOutOfBounds(pointer, byteCount: byteCount, memory: memory.byteCount, of: content)
        }
        return pointer
    }

    // MARK: Handles

    /// Takes a handle that owns out of the instance (`lift_own`).
    func liftOwn(_ index: UInt32, _ layout: Layout) throws(Trap) -> UInt32 {
        try state.removeOwn(index, resource: layout.resource, from: instance)
    }

    /// Lends a handle until the call ends (`lift_borrow`).
    mutating func liftBorrow(_ index: UInt32, _ layout: Layout) throws(Trap) -> UInt32 {
        let representation = try state.lend(index, resource: layout.resource, from: instance)
        lent.append(index)
        return representation
    }

    /// Gives the instance a handle that owns (`lower_own`).
    func lowerOwn(_ representation: UInt32, _ layout: Layout) throws(Trap) -> UInt32 {
        try state.instances[instance].handles.add(
            HandleTable.Entry(.own, resource: layout.resource, representation: representation))
    }

    /// Gives the instance a handle for the time of the call; the instance that defines the resource gets the
    /// representation itself (`lower_borrow`).
    func lowerBorrow(_ representation: UInt32, _ layout: Layout) throws(Trap) -> UInt32 {
        if state.resources[Int(layout.resource)].instance == instance { return representation }
        state.tasks[Int(task)].borrowCount += 1
        return try state.instances[instance].handles.add(
            HandleTable.Entry(.borrow(task: task), resource: layout.resource, representation: representation))
    }

    /// Ends the loans of this call.
    @inline(__always)
    func returnLentHandles() {
        lent.forEach { state.instances[instance].handles.endLoan(of: $0) }
    }

    // MARK: Limits

    /// What an allocation of the host's takes beside its content, in bytes.
    static let objectHeaderByteCount = 32

    /// Counts what the host allocates: so many bytes behind an object's header.
    mutating func spendObject(_ byteCount: Int) throws(Trap) {
        liftingBudget -= byteCount + Self.objectHeaderByteCount
        guard liftingBudget >= 0 else {
            throw Trap(
                kind: .component(
                    "a call passes too much to the host: lists and strings of more than "
                        + "\(Self.maximumLiftedByteCount >> 20) MiB outside of the guest"))
        }
    }
}

/// The handles that a call lends; most calls lend one or none.
private struct LentHandles {
    private var first: UInt32 = 0
    private var others: [UInt32] = []

    mutating func append(_ index: UInt32) {
        if first == 0 { first = index } else { others.append(index) }
    }

    @inline(__always)
    func forEach(_ body: (UInt32) -> Void) {
        guard first != 0 else { return }
        body(first)
        others.forEach(body)
    }
}
