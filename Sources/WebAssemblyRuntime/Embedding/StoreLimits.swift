/// The most that the guests of one store may use.
public struct StoreLimits: Sendable {
    /// Bytes of all linear memories together.
    public var memoryBytes: Int
    /// Elements of all tables together.
    public var tableElements: Int
    /// Bytes of the register stack, which bound the depth of calls: a call takes eight bytes for each of its locals and
    /// operands, and sixteen more.
    public var stackBytes: Int
    /// Bytes of the garbage-collected heap.
    public var heapBytes: Int

    public init(
        memoryBytes: Int = 512 << 20, tableElements: Int = 10_000_000, stackBytes: Int = 16 << 20,
        heapBytes: Int = 256 << 20
    ) {
        self.memoryBytes = max(0, memoryBytes)
        self.tableElements = max(0, tableElements)
        self.stackBytes = min(max(64 << 10, stackBytes), 1 << 32)
        self.heapBytes = max(0, heapBytes)
    }
}
