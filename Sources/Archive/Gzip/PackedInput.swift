/// The bytes of an archive as they come from their source, buffered.
final class PackedInput {
    private let source: ByteSource
    private let capacity = 64 << 10
    private let storage: UnsafeMutableRawPointer
    /// The bytes that were not taken yet are `position..<end` of the storage.
    private(set) var position = 0
    private var end = 0
    /// How many bytes the source has given in all.
    private var received: Int64 = 0

    init(_ source: @escaping ByteSource) {
        self.source = source
        storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        storage.deallocate()
    }

    /// How many bytes were taken.
    var consumed: Int64 { received - Int64(end - position) }

    /// The buffered bytes that were not taken yet.
    var buffered: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage + position, count: end - position) }

    func consume(_ count: Int) {
        precondition(count <= end - position)
        position += count
    }

    /// Gives back the last `count` bytes that were taken, of those that are buffered still.
    func giveBack(_ count: Int) {
        precondition(count <= position)
        position -= count
    }

    /// Makes sure that something is buffered; false at the end.
    ///
    /// The last eight bytes that were taken stay, so that they can be given back.
    func fill() throws -> Bool {
        if position < end { return true }
        let kept = min(8, position)
        (storage).copyMemory(from: storage + position - kept, byteCount: kept)
        position = kept
        end = kept
        let count = try source(UnsafeMutableRawBufferPointer(start: storage + kept, count: capacity - kept))
        precondition(count <= capacity - kept)
        end += count
        received += Int64(count)
        return count > 0
    }

    /// The next byte; `nil` at the end.
    @inline(__always)
    func next() throws -> UInt8? {
        if position == end, try !fill() { return nil }
        let byte = storage.load(fromByteOffset: position, as: UInt8.self)
        position += 1
        return byte
    }

    func required() throws -> UInt8 {
        guard let byte = try next() else { throw ArchiveError.truncated }
        return byte
    }
}
