import Glibc
import WebAssembly

// Waiting on an address and waking those who wait. A store runs on one thread: nobody can be waiting when somebody
// notifies, and who waits for a value that is there waits until the time is up. 32 bytes: those of an atomic access, the
// slot of the expected value at 24, that of the time in nanoseconds, negative for no end, at 26.

/// Sleeps as long as told, in pieces, so that a request to interrupt is seen soon. Returns whether there was one.
@inline(never)
private func sleep(_ nanoseconds: Int64, _ machine: UnsafeMutablePointer<Machine>) -> Bool {
    let piece: Int64 = 5_000_000
    var left = nanoseconds < 0 ? Int64.max : nanoseconds
    while left > 0 {
        if machine.pointee.interruptRequest != 0 { return true }
        var time = timespec(tv_sec: 0, tv_nsec: Int(min(left, piece)))
        nanosleep(&time, nil)
        left -= min(left, piece)
    }
    return machine.pointee.interruptRequest != 0
}

@inline(__always)
private func wait<Number: FixedWidthInteger & BitwiseCopyable>(_ state: State, _ type: Number.Type) {
    var failure = ExitReason.returned
    guard let place = state.atomicPlace(type, &failure) else { return state.trap(failure) }
    if !state.instance.pointee.memories[Int(state.operand32(12))].pointee.isShared {
        return state.trap(.expectedSharedMemory)
    }
    if place.load(as: Number.self) != Number(truncatingIfNeeded: state.get64(24)) {
        state.set32(8, 1)
        return state.next(32)
    }
    if sleep(Int64(bitPattern: state.get64(26)), state.machine) { return state.trap(.interrupted) }
    state.set32(8, 2)
    return state.next(32)
}

func addAtomicWaits(to table: inout HandlerTable) {
    table[.memoryAtomicWait32, .slotSlot] = { wait(State($0, $1, $2, $3, $4, $5, $6), UInt32.self) }
    table[.memoryAtomicWait64, .slotSlot] = { wait(State($0, $1, $2, $3, $4, $5, $6), UInt64.self) }
    table[.memoryAtomicNotify, .slotSlot] = {
        let state = State($0, $1, $2, $3, $4, $5, $6)
        var failure = ExitReason.returned
        guard state.atomicPlace(UInt32.self, &failure) != nil else { return state.trap(failure) }
        state.set32(8, 0)
        return state.next(32)
    }
}
