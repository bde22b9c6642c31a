/// Bytes received and not yet consumed: a queue in one contiguous piece of memory, so that parsers see whole lines.
final class ReceiveBuffer {
    /// What a buffer is given first; pooled by the event loop.
    static let initialCapacity = 16 << 10

    private var storage: UnsafeMutableRawPointer?
    private var capacity = 0
    private var start = 0
    private var end = 0

    init() {}

    deinit {
        storage?.deallocate()
    }

    var count: Int { end - start }
    var isEmpty: Bool { start == end }

    /// The bytes not yet consumed; valid until the next call that changes the buffer.
    var readable: UnsafeRawBufferPointer {
        guard let storage, end > start else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: storage + start, count: end - start)
    }

    /// Drops the first `count` bytes.
    func consume(_ count: Int) {
        precondition(count <= end - start)
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Room for at least `minimum` bytes behind those that are there; `commit` says how many were put in.
    func room(atLeast minimum: Int) -> UnsafeMutableRawBufferPointer {
        if capacity - end < minimum { makeRoom(minimum) }
        return UnsafeMutableRawBufferPointer(start: storage! + end, count: capacity - end)
    }

    func commit(_ count: Int) {
        precondition(count <= capacity - end)
        end += count
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        room(atLeast: bytes.count).copyMemory(from: bytes)
        commit(bytes.count)
    }

    /// Whether memory is attached.
    var hasStorage: Bool { storage != nil }

    /// Gives an empty buffer memory of `initialCapacity` to work with.
    func attach(_ memory: UnsafeMutableRawPointer) {
        precondition(storage == nil)
        storage = memory
        capacity = Self.initialCapacity
    }

    /// Takes the memory of an empty buffer away. The result has `initialCapacity`; a buffer that has grown gives up its
    /// memory and returns `nil`.
    func detach() -> UnsafeMutableRawPointer? {
        precondition(isEmpty)
        defer {
            storage = nil
            capacity = 0
        }
        if capacity == Self.initialCapacity { return storage }
        storage?.deallocate()
        return nil
    }

    private func makeRoom(_ minimum: Int) {
        let count = end - start
        if let storage, capacity - count >= minimum, start > 0 {
            storage.copyMemory(from: storage + start, byteCount: count)
        } else {
            let needed = count + minimum
            var grown = max(capacity, Self.initialCapacity)
            while grown < needed { grown *= 2 }
            let moved = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
            if let storage {
                moved.copyMemory(from: storage + start, byteCount: count)
                storage.deallocate()
            }
            storage = moved
            capacity = grown
        }
        start = 0
        end = count
    }
}
