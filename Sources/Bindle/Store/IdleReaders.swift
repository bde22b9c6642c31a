/// Reading connections that nobody uses at the time, the one used last on top.
struct IdleReaders: Sendable {
    /// How many are kept, at most.
    static let limit = 8
    /// How many stay though nobody needs them: the next read after a pause opens none.
    static let lastingCount = 1

    private var connections: [ConnectionPool.Held] = []
    /// How many at the bottom nobody has taken since they were last looked at.
    private var unusedCount = 0

    mutating func take() -> ConnectionPool.Held? {
        let taken = connections.popLast()
        unusedCount = min(unusedCount, connections.count)
        return taken
    }

    /// - Returns: whether there are more than stay for good.
    mutating func giveBack(_ connection: ConnectionPool.Held) -> Bool {
        if connections.count < Self.limit { connections.append(connection) }
        return connections.count > Self.lastingCount
    }

    /// Takes out those that nobody has used since the last call, but for those that stay.
    /// - Returns: whether there are still more than stay for good.
    mutating func removeUnused() -> Bool {
        connections.removeFirst(min(unusedCount, max(connections.count - Self.lastingCount, 0)))
        unusedCount = connections.count
        return connections.count > Self.lastingCount
    }

    mutating func removeAll() {
        connections = []
        unusedCount = 0
    }
}
