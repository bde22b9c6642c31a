import JSON
import Platform

/// Releases as people read them.
enum ReleaseText {
    static func measure(_ release: JSONObject) -> String {
        let count = Quantity.count(release["parcels"]?.integer ?? 0, "parcel")
        return "\(count), \(Quantity.size(release["size"]?.integer ?? 0))"
    }

    /// A table.
    static func list(_ releases: [JSONObject]) -> String {
        guard !releases.isEmpty else { return "There are no releases. 'hippo-dev release' makes one of what serves.\n" }
        let rows = releases.map { release in
            let made = CivilTime(localAt: Int64(release["time"]?.number ?? 0))
            return [
                release["id"]?.string ?? "", "\(made.date) \(made.time)",
                Quantity.count(release["parcels"]?.integer ?? 0, "parcel"),
                Quantity.size(release["size"]?.integer ?? 0), String((release["digest"]?.string ?? "").prefix(12)),
                release["revision"]?.integer.map { "of revision \($0)" } ?? "",
            ]
        }
        return TextTable(rows, rightAligned: [2, 3]).text
    }
}
