/// What is in a store.
package struct StoreUsage: Hashable, Sendable {
    package let bindles: Int
    package let revisions: Int
    package let parcels: Int
    /// The bytes of all parcels.
    package let parcelBytes: Int
    /// Parcels that nothing names, or that are on their way in. None while nobody uses the store.
    package let danglingParcels: Int
    /// The bytes of the file, and the part of them that is free for what comes next.
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
            return StoreUsage(
                bindles: try number("SELECT count(*) FROM bindle WHERE live"),
                revisions: try number("SELECT count(*) FROM revision"),
                parcels: try number("SELECT count(*) FROM parcel WHERE complete"),
                parcelBytes: try number("SELECT coalesce(sum(length(bytes)), 0) FROM piece"),
                danglingParcels: try number(
                    """
                    SELECT count(*) FROM parcel
                    WHERE NOT complete OR NOT EXISTS (SELECT 1 FROM entry WHERE entry.sha256 = parcel.sha256)
                    """),
                fileBytes: pageSize * (try number("PRAGMA page_count")),
                freeBytes: pageSize * (try number("PRAGMA freelist_count")))
        }
    }
}
