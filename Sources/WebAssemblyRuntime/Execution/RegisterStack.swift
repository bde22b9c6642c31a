import WebAssembly

/// The memory of an execution's registers. Behind it, as large again, is the stack of its calls between instances, which
/// cannot outgrow the first: each such call has a frame.
struct RegisterStack {
    let base: UnsafeMutableRawPointer
    /// Of the registers alone.
    let byteCount: Int

    /// The least that there is, in bytes.
    private static let leastByteCount = 64 << 10

    /// Takes a stack of about so many bytes. Where there is no address space for it, calls end sooner, with the trap that
    /// says that the stack is exhausted.
    static func take(byteCount wanted: Int) -> RegisterStack? {
        var byteCount = AddressSpace.rounded(max(leastByteCount, wanted))
        while true {
            if let base = StackPool.take(2 * byteCount) { return RegisterStack(base: base, byteCount: byteCount) }
            guard byteCount > leastByteCount else { return nil }
            byteCount = max(leastByteCount, AddressSpace.rounded(byteCount / 4))
        }
    }

    private init(base: UnsafeMutableRawPointer, byteCount: Int) {
        self.base = base
        self.byteCount = byteCount
    }

    /// Gives the stack back.
    ///
    /// - Parameter heldObjects: Whether references to objects may stand in it. The next heap may be at the same addresses,
    ///   and its collector would take what is left here for its references.
    func giveBack(heldObjects: Bool) {
        if heldObjects { AddressSpace.reset(base, byteCount) }
        StackPool.give(base, 2 * byteCount)
    }

    var end: UnsafeMutableRawPointer { base + byteCount }

    var crossings: UnsafeMutablePointer<Crossing> { end.assumingMemoryBound(to: Crossing.self) }
}

/// How far an execution has come on its stack: what the machine has of the one that runs now.
struct StackPosition {
    let stack: RegisterStack
    /// Where a call from the host puts its frame.
    var top: UnsafeMutableRawPointer
    var crossingTop: UnsafeMutablePointer<Crossing>
    /// How many runs of the machine stand on it, one inside a host function that another called.
    var runCount = 0
    /// The frames of the traced calls that are active.
    var tracedFrames: [UnsafeMutableRawPointer] = []

    /// The beginning of a stack.
    init(_ stack: RegisterStack) {
        self.stack = stack
        top = stack.base
        crossingTop = stack.crossings
    }
}
