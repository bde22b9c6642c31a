/// What is in a store.
package struct StoreUsage: Hashable, Sendable {
    package let bindles: Int
    package let revisions: Int
    package let releases: Int
    /// Parcels that are here, each digest once.
    package let parcels: Int
    /// The bytes of all parcels.
    package let parcelBytes: Int
    /// Parcels that nothing names, and files that have no row. None while nobody uses the store.
    package let danglingParcels: Int
    /// The bytes of the file and those of the large parcels beside it; and the part of the former that is free for what
    /// comes next.
    package let fileBytes: Int
    package let freeBytes: Int
}

extension BindleStore {
    package func usage() throws(StoreError) -> StoreUsage {
        try snapshot { (connection) throws(StoreError) in
            func number(_ sql: String) throws(StoreError) -> Int {
                try connection.firstRow(sql) { (row) throws(StoreError) in Int(row.integer(0)) } ?? 0
            }
            let pageSize = try number("PRAGMA page_size")
            let unnamed = try number(
                "SELECT count(*) FROM content WHERE NOT EXISTS (SELECT 1 FROM entry WHERE content = content.id)")
            let named = Set(try ContentTable.files(on: connection).map(\.digest.hex))
            let isShared = if case .directory = pool.files.location { true } else { false }
            return StoreUsage(
                bindles: try number("SELECT count(*) FROM bindle WHERE live"),
                revisions: try number("SELECT count(*) FROM revision"),
                releases: try number("SELECT count(*) FROM release"),
                parcels: try number("SELECT count(*) FROM content WHERE place <> 0"),
                parcelBytes: try number("SELECT coalesce(sum(size), 0) FROM content WHERE place <> 0"),
                danglingParcels: unnamed + (isShared ? 0 : pool.files.names().count { !named.contains($0) }),
                fileBytes: pageSize * (try number("PRAGMA page_count")) + pool.files.totalSize(),
                freeBytes: pageSize * (try number("PRAGMA freelist_count")))
        }
    }
}
