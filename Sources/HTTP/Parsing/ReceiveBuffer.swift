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

    /// Memory for buffers that are in use only now and then: connections that wait for a request hold none.
    final class Pool {
        private static let maximumCount = 64
        private var free: [UnsafeMutableRawPointer] = []

        deinit {
            for memory in free { memory.deallocate() }
        }

        /// Gives memory to a buffer that has none.
        func give(to buffer: ReceiveBuffer) {
            guard buffer.storage == nil, let memory = free.popLast() else { return }
            buffer.storage = memory
            buffer.capacity = ReceiveBuffer.initialCapacity
        }

        /// Takes the memory of an empty buffer back.
        func take(from buffer: ReceiveBuffer) {
            precondition(buffer.isEmpty)
            guard let memory = buffer.storage else { return }
            if buffer.capacity == ReceiveBuffer.initialCapacity, free.count < Self.maximumCount {
                free.append(memory)
            } else {
                memory.deallocate()
            }
            buffer.storage = nil
            buffer.capacity = 0
        }
    }
}
