import TOML

/// An invoice's TOML text in the pieces in which a store keeps it. One after the other, they are the invoice as
/// `Invoice.encoded(as: .toml)` writes it, byte for byte.
enum InvoiceText {
    /// Everything before the list of parcels: an invoice of its own.
    static func head(of invoice: Invoice) -> [UInt8] {
        var head = invoice
        head.parcels = []
        head.groups = []
        head.signatures = []
        return head.encoded(as: .toml)
    }

    static func entry(of parcel: Parcel) -> [UInt8] {
        [UInt8(ascii: "\n")] + TOMLTable(["parcel": TOMLValue([parcel.table])]).serialized().utf8
    }

    /// Everything after the list of parcels.
    static func tail(of invoice: Invoice) -> [UInt8] {
        var table = TOMLTable()
        table.set("group", invoice.groups.map(\.table))
        table.set("signature", invoice.signatures.map(\.table))
        return table.isEmpty ? [] : [UInt8(ascii: "\n")] + table.serialized().utf8
    }

    /// Reads entries, one after the other.
    static func parcels(in text: [UInt8]) throws(InvoiceProblem) -> [Parcel] {
        let table: TOMLTable
        do { table = try TOMLTable(parsing: text) } catch { throw InvoiceProblem(at: ["parcel"], error.message) }
        let root = try TableReader(table, position: SourcePosition(line: 1, column: 1), keys: ["parcel"])
        return try root.list("parcel", Parcel.init)
    }
}
