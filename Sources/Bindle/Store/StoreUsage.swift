/// What is in a store.
public struct StoreUsage: Hashable, Sendable {
    public let bindles: Int
    public let revisions: Int
    public let parcels: Int
    /// The bytes of all parcels.
    public let parcelBytes: Int
    /// Parcels that nothing names, or that are on their way in. None while nobody uses the store.
    public let danglingParcels: Int
    /// The bytes of the file, and the part of them that is free for what comes next.
    public let fileBytes: Int
    public let freeBytes: Int
}

extension BindleStore {
    public func usage() throws(StoreError) -> StoreUsage {
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
