/// How instructions are executed.
///
/// Translated code is a sequence of instructions of 16, 24 or more bytes. Each begins with the address of its handler;
/// operands follow from byte 8 on. A handler does its work, then calls the handler of the instruction that comes next
/// as its last action, which the optimiser turns into a jump: threaded code. The whole state of the machine travels in
/// the arguments, that is, in machine registers.
///
/// Rules for whoever writes a handler:
///
/// - It is a closure without captures that makes a ``State`` of its seven arguments and hands it to an
///   `@inline(__always)` function that ends in `return state.next(…)`.
/// - Where it traps, the condition is marked by `_slowPath`, so that what is usual needs no jump in the machine's code.
/// - Nothing in it may need clean-up: no references, no `defer`, no arrays, no arithmetic that can overflow without
///   being wrapped. What needs any of that, or calls anything, stands in an `@inline(never)` function beside it, of
///   which the handler uses the result, or to which it passes its whole state in tail position.
/// - Integers of 32 bits and references are stored into a slot as 64 bits, zero-extended; reading 32 of them is
///   reading the value, reading all 64 is extending it, and an address needs no conversion.
/// - An operand in the accumulator is the value that some earlier instruction put there beside storing it in its
///   slot; reading it from there spares the way through memory. Handlers that do not set the accumulator pass it on.
///   Handlers that store a 64-bit value set ``State/accumulator`` or ``State/float`` if, and only if, the translator
///   is told so by the operation's ``Effect``.
///
/// The operand forms in the names of handlers: `S` is a slot of the frame, `A` the accumulator, `I` an immediate.
typealias Handler =
    @convention(c) (
        _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ memory: UnsafeMutableRawPointer, _ size: UInt,
        _ context: UnsafeMutableRawPointer, _ accumulator: UInt64, _ float: Double
    ) -> Void

/// The state of the machine between two instructions.
struct State {
    /// The instruction.
    var code: UnsafeRawPointer
    /// The registers of the function, eight bytes each.
    var frame: UnsafeMutableRawPointer
    /// Memory 0's first byte.
    var memory: UnsafeMutableRawPointer
    /// Memory 0's number of bytes.
    var size: UInt
    /// The instance: an ``InstanceContext``.
    var context: UnsafeMutableRawPointer
    /// A copy of the slot that the translator says it is of.
    var accumulator: UInt64
    /// The same for numbers of type `f64`.
    var float: Double

    @inline(__always)
    init(
        _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ memory: UnsafeMutableRawPointer, _ size: UInt,
        _ context: UnsafeMutableRawPointer, _ accumulator: UInt64, _ float: Double
    ) {
        self.code = code
        self.frame = frame
        self.memory = memory
        self.size = size
        self.context = context
        self.accumulator = accumulator
        self.float = float
    }

    // MARK: Going on

    /// Executes the instruction that `code` points to.
    @inline(__always)
    func dispatch() {
        return code.load(as: Handler.self)(code, frame, memory, size, context, accumulator, float)
    }

    /// Goes on behind an instruction of the given number of bytes.
    @inline(__always)
    func next(_ byteCount: Int) {
        var state = self
        state.code = code + byteCount
        return state.dispatch()
    }

    @inline(__always)
    func next(_ byteCount: Int, accumulator: UInt64) {
        var state = self
        state.code = code + byteCount
        state.accumulator = accumulator
        return state.dispatch()
    }

    @inline(__always)
    func next(_ byteCount: Int, float: Double) {
        var state = self
        state.code = code + byteCount
        state.float = float
        return state.dispatch()
    }

    /// Goes on at the instruction whose distance in bytes stands at `offset`.
    @inline(__always)
    func jump(_ offset: Int) {
        var state = self
        state.code = code + Int(code.load(fromByteOffset: offset, as: Int32.self))
        if _slowPath(machine.pointee.interruptRequest != 0) { return trap(.interrupted) }
        return state.dispatch()
    }

    /// Memory 0's place and size as they are now, after something that may have changed them.
    @inline(__always)
    func reloadingMemory() -> State {
        var state = self
        let record = instance.pointee.memory
        state.memory = record.pointee.base
        state.size = record.pointee.byteCount
        return state
    }

    // MARK: Operands

    @inline(__always)
    func operand16(_ offset: Int) -> Int {
        Int(code.load(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always)
    func operand32(_ offset: Int) -> UInt32 {
        code.load(fromByteOffset: offset, as: UInt32.self)
    }

    @inline(__always)
    func signed32(_ offset: Int) -> Int32 {
        code.load(fromByteOffset: offset, as: Int32.self)
    }

    @inline(__always)
    func signed16(_ offset: Int) -> Int16 {
        code.load(fromByteOffset: offset, as: Int16.self)
    }

    @inline(__always)
    func operand64(_ offset: Int) -> UInt64 {
        code.load(fromByteOffset: offset, as: UInt64.self)
    }

    /// The address of the slot whose number stands at `offset` in the instruction.
    @inline(__always)
    func slot(_ offset: Int) -> UnsafeMutableRawPointer {
        frame + operand16(offset) &* 8
    }

    @inline(__always)
    func get32(_ offset: Int) -> UInt32 { slot(offset).load(as: UInt32.self) }

    @inline(__always)
    func get64(_ offset: Int) -> UInt64 { slot(offset).load(as: UInt64.self) }

    @inline(__always)
    func getFloat(_ offset: Int) -> Float { slot(offset).load(as: Float.self) }

    @inline(__always)
    func getDouble(_ offset: Int) -> Double { slot(offset).load(as: Double.self) }

    @inline(__always)
    func set64(_ offset: Int, _ value: UInt64) { slot(offset).storeBytes(of: value, as: UInt64.self) }

    @inline(__always)
    func set32(_ offset: Int, _ value: UInt32) { set64(offset, UInt64(value)) }

    @inline(__always)
    func setDouble(_ offset: Int, _ value: Double) { slot(offset).storeBytes(of: value, as: Double.self) }

    @inline(__always)
    func setFloat(_ offset: Int, _ value: Float) { set64(offset, UInt64(value.bitPattern)) }

    @inline(__always)
    var accumulator32: UInt32 { UInt32(truncatingIfNeeded: accumulator) }

    // MARK: Surroundings

    @inline(__always)
    var instance: UnsafeMutablePointer<InstanceContext> {
        context.assumingMemoryBound(to: InstanceContext.self)
    }

    @inline(__always)
    var machine: UnsafeMutablePointer<Machine> { instance.pointee.machine }
}

/// Ends execution: by returning, where a handler would have jumped to the next.
@inline(never)
func trap(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer, _ reason: ExitReason
) {
    return trap(code, frame, context, reason, detail: 0)
}

@inline(never)
func trap(
    _ code: UnsafeRawPointer, _ frame: UnsafeMutableRawPointer, _ context: UnsafeMutableRawPointer,
    _ reason: ExitReason, detail: UInt64
) {
    let machine = context.assumingMemoryBound(to: InstanceContext.self).pointee.machine
    machine.pointee.exit = reason
    machine.pointee.exitCode = code
    machine.pointee.exitFrame = frame
    machine.pointee.exitContext = context
    machine.pointee.exitDetail = detail
}

extension State {
    /// Ends execution at this instruction.
    @inline(__always)
    func trap(_ reason: ExitReason) {
        return WebAssemblyRuntime.trap(code, frame, context, reason)
    }
}
