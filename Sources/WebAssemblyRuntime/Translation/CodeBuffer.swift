/// Code under construction.
struct CodeBuffer {
    private(set) var start: UnsafeMutableRawPointer
    private var capacity: Int
    /// The number of bytes so far.
    private(set) var count = 0

    init(capacity: Int = 4096) {
        self.capacity = capacity
        start = .allocate(byteCount: capacity, alignment: 16)
    }

    func deallocate() { start.deallocate() }

    /// Drops what was written from `count` on.
    mutating func truncate(to count: Int) { self.count = count }

    @inline(__always)
    mutating func append<Field: BitwiseCopyable>(_ field: Field) {
        let size = MemoryLayout<Field>.size
        if count &+ size > capacity { grow() }
        (start + count).storeBytes(of: field, as: Field.self)
        count &+= size
    }

    private mutating func grow() {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 16)
        larger.copyMemory(from: start, byteCount: count)
        start.deallocate()
        start = larger
        capacity *= 2
    }

    @inline(__always)
    func set<Field: BitwiseCopyable>(_ field: Field, at offset: Int) {
        (start + offset).storeBytes(of: field, as: Field.self)
    }

    @inline(__always)
    func get<Field: BitwiseCopyable>(_ offset: Int, as type: Field.Type) -> Field {
        (start + offset).load(as: Field.self)
    }
}
