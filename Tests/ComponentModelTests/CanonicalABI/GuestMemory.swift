import Synchronization
import WebAssembly
import WebAssemblyRuntime

@testable import ComponentModel

/// A memory with a function that allocates in it from the eighth byte on and notes how it was called: what shrinks stays,
/// what grows moves. Or all that is allocated ends where the memory ends.
final class GuestMemory: Sendable {
    private struct Heap {
        var end: UInt32
        var calls: [[UInt32]] = []
    }

    static let byteCount = 65536

    let memory: Memory
    let reallocate: Function
    private let heap: SharedHeap

    /// - Parameters:
    ///   - bytes: What stands in it from the eighth byte on.
    ///   - heapStart: Where the first allocation may be.
    ///   - isAtEnd: Whether each allocation ends where the memory ends.
    init(_ bytes: [UInt8] = [], heapStart: UInt32 = 8, isAtEnd: Bool = false, in store: Store) throws {
        let memory = try Memory(MemoryType(limits: Limits(minimum: 1, maximum: 1)), in: store)
        try memory.write(bytes, at: 8)
        let heap = SharedHeap(heapStart, isAtEnd: isAtEnd)
        self.memory = memory
        reallocate = Function(
            WebAssemblyRuntime.HostFunction([.i32, .i32, .i32, .i32], to: [.i32]) { caller in
                let arguments = (0..<4).map { caller.i32($0) }
                caller.setResult(try heap.reallocate(arguments, in: memory))
            }, in: store)
        self.heap = heap
    }

    private final class SharedHeap: Sendable {
        let state: Mutex<Heap>

        private let isAtEnd: Bool

        init(_ start: UInt32, isAtEnd: Bool) {
            state = Mutex(Heap(end: start))
            self.isAtEnd = isAtEnd
        }

        func reallocate(_ arguments: [UInt32], in memory: Memory) throws -> UInt32 {
            try state.withLock { heap in
                heap.calls.append(arguments)
                let (old, oldSize, alignment, size) = (arguments[0], arguments[1], arguments[2], arguments[3])
                if isAtEnd {
                    let place = (UInt32(GuestMemory.byteCount) - size) & ~(alignment - 1)
                    try memory.write(try memory.read(old, count: min(oldSize, size)), at: place)
                    return place
                }
                if old != 0 && size <= oldSize { return old }
                let place = (heap.end + alignment - 1) & ~(alignment - 1)
                guard Int(place) + Int(size) <= GuestMemory.byteCount else { throw Trap(kind: .unreachable) }
                heap.end = place + size
                try memory.write(try memory.read(old, count: oldSize), at: place)
                return place
            }
        }
    }

    /// The arguments of all calls.
    var calls: [[UInt32]] { heap.state.withLock { $0.calls } }

    /// The bytes from the eighth on, zeros at the end left out.
    var image: [UInt8] {
        get throws {
            let end = heap.state.withLock { $0.end }
            var bytes = try memory.read(8, count: end - 8)
            while bytes.last == 0 { bytes.removeLast() }
            return bytes
        }
    }
}
