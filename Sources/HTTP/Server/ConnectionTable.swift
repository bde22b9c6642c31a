/// The connections of an event loop, found by the tokens that come back with their events.
///
/// A token is a place in the table, and a number that tells its connection from those that had the place before: events
/// may still be on their way when a connection is closed.
final class ConnectionTable {
    private var slots: [Connection?] = []
    private var freeSlots: [Int] = []
    private var generation: UInt32 = 0
    private(set) var count = 0

    /// The token that a new connection is to have.
    func nextToken() -> UInt64 {
        generation = (generation &+ 1) & 0x7FFF_FFFF
        return UInt64(generation) << 32 | UInt64(freeSlots.last ?? slots.count)
    }

    /// Puts a connection in the place that its token, the last that was given out, says.
    func insert(_ connection: Connection) {
        let slot = Self.slot(connection.token)
        if slot == slots.count {
            slots.append(connection)
        } else {
            precondition(freeSlots.popLast() == slot)
            slots[slot] = connection
        }
        count += 1
    }

    func remove(_ connection: Connection) {
        let slot = Self.slot(connection.token)
        slots[slot] = nil
        freeSlots.append(slot)
        count -= 1
    }

    func removeAll() {
        slots.removeAll()
        freeSlots.removeAll()
        count = 0
    }

    /// The connection with this token, unless it has been removed.
    subscript(token: UInt64) -> Connection? {
        let slot = Self.slot(token)
        guard slot < slots.count, let connection = slots[slot], connection.token == token else { return nil }
        return connection
    }

    /// All connections at this moment.
    var all: [Connection] { slots.compactMap { $0 } }

    private static func slot(_ token: UInt64) -> Int { Int(token & 0xFFFF_FFFF) }
}
