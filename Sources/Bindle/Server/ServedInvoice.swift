import HTTP
import Synchronization
import TOML

/// An invoice as a server gives it out, the host's signature included, with the forms of it that were asked for.
final class ServedInvoice: Sendable {
    let isYanked: Bool
    /// The invoice in TOML.
    let text: [UInt8]
    private let id: BindleID
    private let json = Mutex<[UInt8]?>(nil)
    private let documents = Mutex<[DocumentEncoding: Representation]>([:])

    init(_ id: BindleID, _ invoice: StoredInvoice, isYanked: Bool, signature: Signature?) {
        self.id = id
        self.isYanked = isYanked
        var text = invoice.text
        if let signature {
            // Signatures are what invoices end in.
            text.append(UInt8(ascii: "\n"))
            text += TOMLTable(["signature": TOMLValue([signature.table])]).serialized().utf8
        }
        self.text = text
    }

    /// What it takes in memory once both formats have been asked for, in bytes, roughly.
    var cost: Int { text.count * 2 + 512 }

    /// The invoice by itself.
    func document(_ encoding: DocumentEncoding) throws(StoreError) -> Representation {
        if let known = documents.withLock({ $0[encoding] }) { return known }
        let bytes = encoding == .toml ? text : try jsonText()
        let document = Representation(
            .bytes(bytes), size: Int64(bytes.count), tag: SHA256.hash(bytes).hex,
            // It may be replaced or yanked, so that whoever keeps it asks each time whether it still holds.
            validators: ["Cache-Control": "no-cache", "Vary": "Accept"],
            headers: ["Content-Type": encoding.mediaType, "X-Content-Type-Options": "nosniff"], allowsRanges: false)
        documents.withLock { $0[encoding] = document }
        return document
    }

    func jsonText() throws(StoreError) -> [UInt8] {
        if let known = json.withLock({ $0 }) { return known }
        let bytes: [UInt8]
        do { bytes = try Invoice(text, as: .toml, validating: false).encoded(as: .json) } catch {
            throw .corrupt(path: "\(id)", detail: "its invoice cannot be read: \(error.summary)")
        }
        json.withLock { $0 = bytes }
        return bytes
    }

    /// The invoice as a part of another TOML document, without the header that it stands under there.
    ///
    /// - Parameter key: The key of the table, or of the list of tables. Below it, the tables of the invoice have its name
    ///   before theirs. What begins a line with a bracket is a header: values have no line breaks as they are written.
    func append(toToml document: inout [UInt8], under key: StaticString) {
        document.reserveCapacity(document.count + text.count + 4096)
        let prefix = key.withUTF8Buffer { Array($0) + [UInt8(ascii: ".")] }
        var isLineStart = true
        var copied = 0
        for (index, byte) in text.enumerated() {
            if isLineStart, byte == UInt8(ascii: "[") {
                let isList = index + 1 < text.count && text[index + 1] == UInt8(ascii: "[")
                let end = index + (isList ? 2 : 1)
                document += text[copied..<end]
                document += prefix
                copied = end
            }
            isLineStart = byte == UInt8(ascii: "\n")
        }
        document += text[copied...]
    }
}
