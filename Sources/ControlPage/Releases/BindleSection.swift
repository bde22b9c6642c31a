package import Bindle
package import HTTP
import JSON

/// The bindles of the store, found as one types.
package struct BindleSection: ControlSection {
    private let search: BindleSearch

    package init(store: BindleStore) {
        search = BindleSearch(store)
    }

    package func respond(to request: ControlRequest) throws(ControlFailure) -> Response? {
        guard request.path == ["bindles"] else { return nil }
        try request.allow(.get)
        let parameters = try request.parameters(["text", "offset", "limit"])
        let text = parameters.text("text") ?? ""
        guard text.split(whereSeparator: \.isWhitespace).count <= BindleQuery.wordLimit else {
            throw ControlFailure(.badRequest, "'text' has at most \(BindleQuery.wordLimit) words")
        }
        let offset = try parameters.count("offset", default: 0)
        let limit = try parameters.count("limit", default: 50, limit: 1000)
        let page = try ControlFailure.translating { () throws(StoreError) in
            try search.page(BindleQuery(terms: text, limit: 0))
        }
        return Response(json: [
            "total": .integer(page.total),
            "bindles": .array(
                page.ids.dropFirst(offset).prefix(limit).map { id in
                    .object([
                        "id": .string(id.description), "name": .string(id.name),
                        "version": .string(id.version.description),
                    ])
                }),
        ])
    }
}
