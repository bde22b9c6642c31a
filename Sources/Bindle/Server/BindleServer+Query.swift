import HTTP
import TOML

extension BindleServer {
    /// An answer is sent while it is made as soon as it is this long, since a page can hold many large invoices.
    private static let bufferLimit = 1 << 20

    func sendMatches(
        _ request: Request, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        let query = try BindleQuery(Parameters(request))
        // Who asks for the next page is known by address and credentials.
        let client = "\(request.remoteAddress?.host ?? "") \(request.headers["Authorization"] ?? "")"
        let page = try Failure.translating { () throws(StoreError) in try store.page(query, for: client) }
        let head = TOMLTable([
            "query": TOMLValue(query.terms),
            "strict": TOMLValue(query.isStrict),
            "offset": TOMLValue(query.offset),
            "limit": TOMLValue(query.limit),
            "total": TOMLValue(page.total),
            "more": TOMLValue(page.hasMore),
            "yanked": TOMLValue(query.includesYanked),
        ])
        var list = DocumentList(head, key: "invoices", encoding: encoding)
        for id in page.ids {
            let invoice = try Failure.translating { () throws(StoreError) in try store.invoice(of: id, in: query) }
            guard let invoice else { continue }
            list.append(invoice.table)
            guard list.bytes.count >= Self.bufferLimit else { continue }
            do {
                if !writer.hasHead { try writer.writeHead(.ok, ["Content-Type": encoding.mediaType]) }
                try writer.write(list.takeBytes())
            } catch {
                throw Failure(.internalServerError, "\(error)")
            }
        }
        list.end()
        guard writer.hasHead else { return try send(.ok, list.bytes, as: encoding, to: writer) }
        do { try writer.write(list.bytes) } catch { throw Failure(.internalServerError, "\(error)") }
    }
}

/// A document that ends in a list of tables, written one by one.
struct DocumentList {
    private(set) var bytes: [UInt8]
    private let key: String
    private let encoding: DocumentEncoding
    private var isEmpty = true

    /// - Parameter head: What stands before the list: plain values only.
    init(_ head: TOMLTable, key: String, encoding: DocumentEncoding) {
        self.key = key
        self.encoding = encoding
        bytes = encoding.encode(head)
        // Without the brace that ends it.
        if encoding == .json { bytes.removeLast() }
    }

    mutating func append(_ table: TOMLTable) {
        switch encoding {
        case .toml:
            bytes.append(UInt8(ascii: "\n"))
            bytes += encoding.encode(TOMLTable([key: TOMLValue([table])]))
        case .json:
            bytes += (isEmpty ? ",\"\(key)\":[" : ",").utf8
            bytes += encoding.encode(table)
        }
        isEmpty = false
    }

    /// Writes what ends the document.
    mutating func end() {
        switch encoding {
        case .toml: if isEmpty { bytes += "\(key) = []\n".utf8 }
        case .json: bytes += (isEmpty ? ",\"\(key)\":[]}" : "]}").utf8
        }
    }

    /// What has been written since the last time.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }
}
