/// The most that the guests of one store may use.
package struct StoreLimits: Sendable {
    /// What is limited.
    package enum Resource: Hashable, Sendable, CaseIterable {
        case memory, tables, stack, heap
    }

    /// Bytes of all linear memories together.
    package var memoryBytes: Int
    /// Elements of all tables together.
    package var tableElements: Int
    /// Bytes of the register stack, which bound the depth of calls: a call takes eight bytes for each of its locals and
    /// operands, and sixteen more.
    package var stackBytes: Int
    /// Bytes of the garbage-collected heap.
    package var heapBytes: Int
    /// How people raise a limit, such as by an option's name: goes into messages of traps that may come of it.
    package var remedies: [Resource: String] = [:]

    package init(
        memoryBytes: Int = 512 << 20, tableElements: Int = 10_000_000, stackBytes: Int = 16 << 20,
        heapBytes: Int = 256 << 20
    ) {
        self.memoryBytes = max(0, memoryBytes)
        self.tableElements = max(0, tableElements)
        self.stackBytes = min(max(64 << 10, stackBytes), 1 << 32)
        self.heapBytes = max(0, heapBytes)
    }

    /// Names a limit and says how to raise it.
    func description(of resource: Resource) -> String {
        let limit =
            switch resource {
            case .memory: "\(memoryBytes) bytes of linear memory"
            case .tables: "\(tableElements) table elements"
            case .stack: "\(stackBytes) bytes of stack"
            case .heap: "\(heapBytes) bytes of garbage-collected objects"
            }
        return "the limit of \(limit) was reached" + (remedies[resource].map { "; \($0) raises it" } ?? "")
    }
}
