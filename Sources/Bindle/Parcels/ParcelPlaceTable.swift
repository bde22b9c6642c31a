import Platform

/// What the store's file says of where its large parcels are, so that whoever opens it finds them.
struct ParcelPlace: Hashable, Sendable {
    let location: ParcelLocation
    /// The directory that has the files: all of them, or those of the cache.
    let directory: String
    let cacheLimit: Int

    /// Whether the directory has only a part of them.
    var isRemote: Bool { if case .blobs = location { true } else { false } }
}

/// The table with the place of the parcels: no row for the store itself.
enum ParcelPlaceTable {
    static func read(on connection: SQLiteConnection) throws(StoreError) -> ParcelPlace? {
        guard
            let row = try connection.firstRow(
                "SELECT location, endpoint, directory, cache FROM parcel_place",
                read: { (row) throws(StoreError) in
                    (location: row.text(0), endpoint: row.text(1), directory: row.text(2), cache: row.integer(3))
                })
        else { return nil }
        do {
            let endpoint = row.endpoint.isEmpty ? nil : row.endpoint
            return ParcelPlace(
                location: try ParcelLocation(parsing: row.location, endpoint: endpoint), directory: row.directory,
                cacheLimit: Int(row.cache))
        } catch {
            throw .corrupt(path: connection.path, detail: "the place of its parcels: \(error)")
        }
    }

    static func write(_ place: ParcelPlace, on connection: SQLiteConnection) throws(StoreError) {
        try connection.run("DELETE FROM parcel_place")
        guard place.location != .store else { return }
        try connection.run(
            "INSERT INTO parcel_place (location, endpoint, directory, cache) VALUES (?, ?, ?, ?)",
            .text(place.location.description), .text(place.location.endpoint ?? ""), .text(place.directory),
            .integer(Int64(place.cacheLimit)))
    }

    /// What the store at a path says; `nil` where there is none, or none of this format: then it has all parcels itself.
    static func recorded(inStore path: String) -> ParcelPlace? {
        guard let size = FileStatus(path: path)?.size, size > 0,
            let connection = try? SQLiteConnection(path: path, access: .readOnly),
            let version = try? connection.firstRow("PRAGMA user_version", read: { $0.integer(0) }),
            version == StoreSchema.currentVersion
        else { return nil }
        return try? read(on: connection)
    }
}
