import Platform
package import TOML

extension Revision {
    /// The revision as the table that documents hold.
    package var table: TOMLTable {
        var table = TOMLTable([
            "number": TOMLValue(number), "id": TOMLValue(id.description),
            "time": TOMLValue(Int(time)), "served": TOMLValue(hasServed),
        ])
        table["restores"] = restores.map { TOMLValue($0) }
        return table
    }

    static let keys = ["number", "id", "time", "served", "restores"]

    init(_ fields: TableReader) throws(InvoiceProblem) {
        let text = try fields.requiredString("id")
        do { id = try BindleID(text) } catch { throw fields.problem("id", error.description) }
        number = try fields.requiredCount("number")
        time = Int64(try fields.requiredCount("time"))
        hasServed = try fields.boolean("served") ?? false
        restores = fields.table["restores"] == nil ? nil : try fields.requiredCount("restores")
    }
}

extension RevisionSummary {
    /// A list of revisions as a document.
    package static func document(of revisions: [RevisionSummary]) -> TOMLTable {
        TOMLTable([
            "revision": TOMLValue(
                revisions.map { summary in
                    var table = summary.revision.table
                    table["parcels"] = TOMLValue(summary.parcelCount)
                    table["size"] = TOMLValue(summary.size)
                    return table
                })
        ])
    }

    static func list(in document: TOMLTable) throws(InvoiceProblem) -> [RevisionSummary] {
        let fields = try TableReader(document, keys: ["revision"])
        return try fields.list("revision") { (value) throws(InvoiceProblem) in
            let fields = try TableReader(value, keys: Revision.keys + ["parcels", "size"])
            return RevisionSummary(
                revision: try Revision(fields), parcelCount: try fields.requiredCount("parcels"),
                size: try fields.requiredCount("size"))
        }
    }
}

extension RevisionComparison {
    /// The comparison as a document.
    package var table: TOMLTable {
        TOMLTable([
            "different": TOMLValue(isFrameDifferent), "removed": TOMLValue(removed.map(\.table)),
            "added": TOMLValue(added.map(\.table)),
        ])
    }

    init(_ document: TOMLTable) throws(InvoiceProblem) {
        let fields = try TableReader(document, keys: ["different", "removed", "added"])
        removed = try fields.list("removed", Parcel.init)
        added = try fields.list("added", Parcel.init)
        isFrameDifferent = try fields.boolean("different") ?? false
    }
}
