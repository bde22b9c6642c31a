package import Platform
import Synchronization

/// The memory of a request log, and the descriptor by which its reader is woken: what a writer and a reader share.
///
/// See RequestLog.md in SandboxProtocol.docc.
package final class RequestLogMemory: Sendable {
    private let memory: SharedMemory
    let wakeUp: WakeUp

    /// Makes an empty log.
    package init() throws(SystemError) {
        memory = try SharedMemory(name: "hippo-dev requests", count: RequestLogLayout.byteCount)
        wakeUp = try WakeUp()
    }

    /// Takes over the descriptors of a log that another process has made.
    package init(adopting descriptors: WorkerArguments.Log) throws(SystemError) {
        memory = try SharedMemory(adopting: descriptors.memory, count: RequestLogLayout.byteCount)
        wakeUp = WakeUp(adopting: descriptors.wakeUp)
    }

    /// To be given to a process.
    package var descriptors: WorkerArguments.Log {
        .init(memory: memory.file.descriptor, wakeUp: wakeUp.descriptor)
    }

    /// A word of the header.
    func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (memory.base + index * 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// The word at a position of the ring, which is a multiple of eight.
    func mark(at position: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (ring + Self.offset(position)).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Calls `body` with the one or two pieces of the ring that hold the bytes from a position on.
    func withPieces(at position: UInt64, count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        let start = Self.offset(position)
        let first = min(count, RequestLogLayout.capacity - start)
        body(UnsafeMutableRawBufferPointer(start: ring + start, count: first))
        if first < count { body(UnsafeMutableRawBufferPointer(start: ring, count: count - first)) }
    }

    private var ring: UnsafeMutableRawPointer { memory.base + RequestLogLayout.headerSize }

    private static func offset(_ position: UInt64) -> Int {
        Int(truncatingIfNeeded: position) & (RequestLogLayout.capacity - 1)
    }
}
