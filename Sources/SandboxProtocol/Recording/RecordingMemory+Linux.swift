import CLinux
package import Platform
import Synchronization

/// The memory of recordings, which a sandbox makes and all its WAGI processes write to.
///
/// See Recording.md in SandboxProtocol.docc.
package final class RecordingMemory: Sendable {
    private typealias Layout = RecordingLayout

    private let memory: SharedMemory

    /// Makes empty memory. It takes room only as far as it is written to.
    package init() throws(SystemError) {
        memory = try SharedMemory(name: "hippo-dev recordings", count: RecordingLayout.byteCount)
    }

    /// Takes over the descriptor of memory that another process has made.
    package init(adopting descriptor: Int32) throws(SystemError) {
        memory = try SharedMemory(adopting: descriptor, count: RecordingLayout.byteCount)
    }

    /// To be given to a process.
    package var descriptor: Int32 { memory.file.descriptor }

    /// A ring.
    enum Ring {
        case recordings, bodies

        var capacity: Int { self == .recordings ? Layout.capacity : Layout.bodyCapacity }
        fileprivate var start: Int { Layout.headerSize + (self == .recordings ? 0 : Layout.capacity) }
        fileprivate var word: Int { self == .recordings ? Layout.Word.reserved : Layout.Word.reservedBodies }
    }

    func reservedWord(_ ring: Ring) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (memory.base + ring.word * 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Up to where room has been taken: as whoever has the memory says.
    func reserved(in ring: Ring) -> UInt64 { reservedWord(ring).pointee.load(ordering: .relaxed) }

    /// Takes room in one piece.
    ///
    /// - Parameter size: less than the ring's capacity by far; it is rounded up to a multiple of eight.
    func reserve(_ size: Int, in ring: Ring) -> UInt64 {
        let size = UInt64((size + 7) & ~7)
        while true {
            // Whatever another process has written there, the position is a multiple of eight.
            let position = reservedWord(ring).pointee.wrappingAdd(size, ordering: .relaxed).oldValue & ~7
            if Self.offset(position, in: ring) + Int(size) <= ring.capacity { return position }
        }
    }

    /// The bytes at a position, as far as they stand in one piece; `nil` if they do not.
    func bytes(at position: UInt64, count: Int, in ring: Ring) -> UnsafeMutableRawBufferPointer? {
        let offset = Self.offset(position, in: ring)
        guard position % 8 == 0, count >= 0, offset + count <= ring.capacity else { return nil }
        return UnsafeMutableRawBufferPointer(start: memory.base + ring.start + offset, count: count)
    }

    /// The mark of the recording at a position, a multiple of eight.
    func mark(at position: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (memory.base + Ring.recordings.start + Self.offset(position, in: .recordings))
            .assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    private static func offset(_ position: UInt64, in ring: Ring) -> Int {
        Int(truncatingIfNeeded: position) & (ring.capacity - 1)
    }

    /// Gives the memory of bodies back to the system; they are zero afterwards.
    ///
    /// - Parameter range: positions, multiples of the page's size; not longer than the ring.
    func giveBackBodies(_ range: Range<UInt64>) {
        var position = range.lowerBound
        while position < range.upperBound {
            let offset = Self.offset(position, in: .bodies)
            let count = min(Int(range.upperBound - position), Layout.bodyCapacity - offset)
            // Where the system does not do it, the memory stays as large as it has become: 64 MiB at most.
            _ = madvise(memory.base + Ring.bodies.start + offset, count, MADV_REMOVE)
            position += UInt64(count)
        }
    }
}
