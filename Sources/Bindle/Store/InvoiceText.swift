import Cryptography
import TOML

/// An invoice's TOML text in the parts in which a store keeps it. One after the other, they are the invoice as
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

    /// Writes an entry, out of what the store keeps of it.
    /// - Parameters:
    ///   - mediaType: Already quoted; see `quoted`.
    ///   - rest: What `ParcelShape.rest` is.
    static func append(
        name: String, digest: SHA256Digest, size: Int, mediaType: [UInt8], rest: [UInt8], to text: inout [UInt8]
    ) {
        text += "\n[[parcel]]\n\n[parcel.label]\nsha256 = \"".utf8
        text += digest.hex.utf8
        text += "\"\nmediaType = ".utf8
        text += mediaType
        text += "\nname = ".utf8
        appendQuoted(name, to: &text)
        text += "\nsize = \(size)\n".utf8
        text += rest
    }

    /// A string as TOML writes it.
    static func quoted(_ string: String) -> [UInt8] {
        var text: [UInt8] = []
        appendQuoted(string, to: &text)
        return text
    }

    private static func appendQuoted(_ string: String, to text: inout [UInt8]) {
        let isPlain = string.utf8.allSatisfy { byte in
            byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
        }
        guard !isPlain else {
            text.append(UInt8(ascii: "\""))
            text += string.utf8
            text.append(UInt8(ascii: "\""))
            return
        }
        let line = TOMLTable(["s": TOMLValue(string)]).serialized().utf8
        text += line.dropFirst("s = ".utf8.count).dropLast()
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

    /// Reads what is before and after the list of parcels.
    static func invoice(head: [UInt8], parcels: ParcelList, tail: [UInt8]) throws(InvoiceError) -> Invoice {
        var invoice = try Invoice(head + tail, as: .toml, validating: false)
        invoice.parcels = parcels
        return invoice
    }
}
