import HTTP
import TOML

extension BindleServer {
    /// An answer is sent while it is made as soon as it is this long, since a page can hold many large invoices.
    private static let bufferLimit = 1 << 20

    func sendMatches(
        _ request: Request, _ encoding: DocumentEncoding, _ writer: ResponseWriter
    ) throws(Failure) {
        let query = try BindleQuery(Parameters(request))
        let generation = store.generation
        let page = try Failure.translating { () throws(StoreError) in
            try search.page(query, for: Self.client(of: request))
        }
        let head = TOMLTable([
            "query": TOMLValue(query.terms),
            "strict": TOMLValue(query.isStrict),
            "offset": TOMLValue(query.offset),
            "limit": TOMLValue(query.limit),
            "total": TOMLValue(page.total),
            "more": TOMLValue(page.hasMore),
            "yanked": TOMLValue(query.includesYanked),
        ])
        var list = InvoiceList(head, encoding: encoding)
        for id in page.ids {
            try Failure.translating { () throws(StoreError) in
                // One that has ceased to be a match is left out.
                do throws(StoreError) {
                    try list.append(try invoices.invoice(id, includingYanked: query.includesYanked))
                } catch {
                    switch error {
                    case .noSuchBindle, .yanked: return
                    default: throw error
                    }
                }
            }
            guard list.bytes.count >= Self.bufferLimit else { continue }
            do {
                if !writer.hasHead { try writer.writeHead(.ok, Self.headers(of: encoding)) }
                try writer.write(list.takeBytes())
            } catch {
                throw Failure(.internalServerError, "\(error)")
            }
        }
        list.end()
        do {
            guard !writer.hasHead else { return try writer.write(list.bytes) }
            let response = Response(status: .ok, headers: Self.headers(of: encoding), body: .bytes(list.bytes))
            if query.offset == 0, let key = ReadyAnswers.Key(request) {
                let answer = ReadyAnswers.Answer.page(response, query, all: page.hasMore ? page.all : [])
                // The IDs are shared with the catalogue of names, as far as they are long.
                let size = list.bytes.count + (page.hasMore ? page.all.count * 48 : 0)
                readyAnswers.keep(answer, to: key, generation: generation, size: size)
            }
            try writer.respond(response)
        } catch {
            throw Failure(.internalServerError, "\(error)")
        }
    }
}

/// The answer to a query: a document that ends in a list of invoices, written one by one.
private struct InvoiceList {
    private(set) var bytes: [UInt8]
    private let encoding: DocumentEncoding
    private var isEmpty = true

    /// - Parameter head: What stands before the list: plain values only.
    init(_ head: TOMLTable, encoding: DocumentEncoding) {
        self.encoding = encoding
        bytes = encoding.encode(head)
        // Without the brace that ends it.
        if encoding == .json { bytes.removeLast() }
    }

    mutating func append(_ invoice: ServedInvoice) throws(StoreError) {
        switch encoding {
        case .toml:
            bytes += "\n[[invoices]]\n".utf8
            invoice.append(toToml: &bytes, under: "invoices")
        case .json:
            let text = try invoice.jsonText()
            bytes += (isEmpty ? ",\"invoices\":[" : ",").utf8
            bytes += text
        }
        isEmpty = false
    }

    /// Writes what ends the document.
    mutating func end() {
        switch encoding {
        case .toml: if isEmpty { bytes += "invoices = []\n".utf8 }
        case .json: bytes += (isEmpty ? ",\"invoices\":[]}" : "]}").utf8
        }
    }

    /// What has been written since the last time.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }
}
