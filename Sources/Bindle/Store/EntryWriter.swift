import Cryptography

/// Writes entries of one bindle's invoice, with their contents. It runs within the caller's transaction.
final class EntryWriter {
    private let connection: SQLiteConnection
    private let bindle: Int64
    private let state: Int64
    private let intake: ContentIntake
    private let shapes: ShapeCache
    private let statement: SQLiteStatement

    init(bindle: Int64, state: Int64, intake: ContentIntake, on connection: SQLiteConnection) throws(StoreError) {
        self.connection = connection
        self.bindle = bindle
        self.state = state
        self.intake = intake
        shapes = ShapeCache(on: connection)
        statement = try connection.take(
            """
            INSERT INTO entry (bindle, until, position, since, content, size, shape, time, name)
            VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?) --
            """)
    }

    deinit {
        connection.giveBack(statement)
    }

    /// - Parameter time: When the parcel's name first had its content, in nanoseconds since 1970.
    func insert(_ parcel: Parcel, at position: Int64, time: Int64) throws(StoreError) {
        // An invoice that goes in is validated: its digests are ones.
        guard let digest = SHA256Digest(hex: parcel.label.sha256) else { return }
        let content = try intake.row(of: parcel.label, digest)
        try statement.bind(bindle, at: 1)
        try statement.bind(position, at: 2)
        try statement.bind(state, at: 3)
        try statement.bind(content, at: 4)
        try statement.bind(Int64(parcel.label.size), at: 5)
        try statement.bind(try shapes.number(of: parcel), at: 6)
        try statement.bind(time, at: 7)
        try statement.bind(parcel.label.name, at: 8)
        try statement.run()
    }
}
