import Bindle

/// Invoices and parcels made for tests.
enum Samples {
    static func label(_ name: String, _ content: String, mediaType: String = "text/plain") -> Label {
        Label(
            sha256: SHA256.hash(content.utf8).hex, mediaType: mediaType, name: name, size: content.utf8.count)
    }

    /// An invoice whose parcels are the given texts, named by their order.
    static func invoice(_ id: String, _ contents: String..., description: String? = nil) throws -> Invoice {
        try invoice(id, contents, description: description)
    }

    static func invoice(_ id: String, _ contents: [String], description: String? = nil) throws -> Invoice {
        Invoice(
            bindle: .init(id: try BindleID(id), description: description, authors: ["Ada Lovelace"]),
            parcels: contents.enumerated().map { Parcel(label: label("file\($0)", $1)) })
    }

    static func digest(_ content: String) -> String { SHA256.hash(content.utf8).hex }
}

extension BindleStore {
    /// Uploads a text as a parcel.
    @discardableResult
    func put(_ content: String, to id: BindleID) throws -> Bool {
        let upload = try upload(Samples.digest(content), to: id)
        try upload.write(Array(content.utf8))
        return try upload.finish()
    }

    /// What a query finds on its page, with the invoices.
    func find(_ query: BindleQuery) throws -> (total: Int, invoices: [Invoice], hasMore: Bool) {
        let page = try BindleSearch(self).page(query)
        let invoices = try page.ids.map { try invoice($0, includingYanked: query.includesYanked) }
        return (page.total, invoices, page.hasMore)
    }

    func text(_ content: String, of id: BindleID) throws -> String {
        String(decoding: try parcel(Samples.digest(content), of: id).readAll(), as: UTF8.self)
    }
}
