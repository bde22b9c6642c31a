/// The statements about channels. They run within the caller's transaction or snapshot.
enum ChannelTable {
    /// By app and name.
    static func all(on connection: SQLiteConnection) throws(StoreError) -> [Channel] {
        var variables: [Key: [Channel.Variable]] = [:]
        try connection.forEachRow("SELECT app, channel, name, value FROM channel_variable ORDER BY position") {
            (row) throws(StoreError) in
            variables[Key(app: row.text(0), name: row.text(1)), default: []].append(
                Channel.Variable(name: row.text(2), value: row.text(3)))
        }
        return try connection.rows("SELECT app, name, pinned, versions, host FROM channel ORDER BY app, name") {
            (row) throws(StoreError) in
            let key = Key(app: row.text(0), name: row.text(1))
            let host = row.text(4)
            return Channel(
                app: key.app, name: key.name,
                selection: try selection(row.text(3), isPin: row.boolean(2), on: connection),
                host: host.isEmpty ? nil : host, variables: variables[key] ?? [])
        }
    }

    private struct Key: Hashable {
        let app: String
        let name: String
    }

    private static func selection(
        _ versions: String, isPin: Bool, on connection: SQLiteConnection
    ) throws(StoreError) -> Channel.Selection {
        if isPin, let version = SemanticVersion(versions) { return .pin(version) }
        if !isPin, let range = try? VersionRange(versions) { return .range(range) }
        throw .corrupt(path: connection.path, detail: "a channel has the versions '\(versions)'")
    }

    /// The name of a channel that pins a release.
    static func name(pinning id: BindleID, on connection: SQLiteConnection) throws(StoreError) -> String? {
        try connection.firstRow(
            "SELECT name FROM channel WHERE app = ? AND pinned AND versions = ?", .text(id.name),
            .text(id.version.description)
        ) { (row) throws(StoreError) in row.text(0) }
    }

    /// Puts a channel in, in the place of the one of its name.
    static func put(_ channel: Channel, on connection: SQLiteConnection) throws(StoreError) {
        try remove(app: channel.app, name: channel.name, on: connection)
        let (isPin, versions) =
            switch channel.selection {
            case .range(let range): (0, range.text)
            case .pin(let version): (1, version.description)
            }
        try connection.run(
            "INSERT INTO channel (app, name, pinned, versions, host) VALUES (?, ?, ?, ?, ?)", .text(channel.app),
            .text(channel.name), .integer(isPin), .text(versions), .text(channel.host ?? ""))
        for (position, variable) in channel.variables.enumerated() {
            try connection.run(
                "INSERT INTO channel_variable (app, channel, position, name, value) VALUES (?, ?, ?, ?, ?)",
                .text(channel.app), .text(channel.name), .integer(position), .text(variable.name),
                .text(variable.value))
        }
    }

    /// - Returns: Whether there was one.
    @discardableResult
    static func remove(app: String, name: String, on connection: SQLiteConnection) throws(StoreError) -> Bool {
        try connection.run("DELETE FROM channel WHERE app = ? AND name = ?", .text(app), .text(name)) > 0
    }
}
