import HTTP
import JSON

/// The page of a list that a client asks for.
struct HippoPage {
    let searchText: String
    let index: Int
    let size: Int
    private let isAscending: Bool
    /// The other parameters, by their names in lower case.
    private let values: [String: String]

    init(_ request: Request) throws(HippoFailure) {
        var values: [String: String] = [:]
        for (name, value) in request.queryParameters where !value.isEmpty { values[name.lowercased()] = value }
        self.values = values
        searchText = values["searchtext"] ?? ""
        index = try Self.count(values["pageindex"], "PageIndex", usual: 0)
        size = try Self.count(values["pagesize"], "PageSize", usual: 50)
        guard size > 0 else { throw .invalid(field: "PageSize", message: "a page has at least one item") }
        switch values["issortedascending"]?.lowercased() {
        case nil, "true"?: isAscending = true
        case "false"?: isAscending = false
        case let other?:
            throw .invalid(field: "IsSortedAscending", message: "this is true or false, not '\(other)'")
        }
        if let field = values["sortby"], field.lowercased() != "name" {
            throw .invalid(field: "SortBy", message: "lists are sorted by Name, not by '\(field)'")
        }
    }

    private static func count(_ text: String?, _ field: String, usual: Int) throws(HippoFailure) -> Int {
        guard let text else { return usual }
        guard let count = Int32(text), count >= 0 else {
            throw .invalid(field: field, message: "'\(text)' is no number from 0 to \(Int32.max)")
        }
        return Int(count)
    }

    /// Where the page begins in the list.
    var offset: Int { index * size }

    /// An ID that only things of are asked for; `nil` if all are.
    func id(_ name: String) throws(HippoFailure) -> HippoID? {
        guard let text = values[name.lowercased()] else { return nil }
        guard let id = HippoID(text) else { throw .invalid(field: name, message: "'\(text)' is no ID") }
        return id
    }

    /// The page of those whose names have the text that was asked for in them.
    func of<Element>(
        _ all: [Element], name: (Element) -> String, view: (Element) throws(HippoFailure) -> JSONValue
    ) throws(HippoFailure) -> Response {
        let named = all.map { (name: name($0), element: $0) }
        var found = searchText.isEmpty ? named : named.filter { $0.name.contains(searchText) }
        found.sort { $0.name < $1.name }
        if !isAscending { found.reverse() }
        var items: [JSONValue] = []
        for (_, element) in found.dropFirst(offset).prefix(size) { items.append(try view(element)) }
        return answer(items, total: found.count)
    }

    func answer(_ items: [JSONValue], total: Int) -> Response {
        Response(
            hippo: .object([
                "items": .array(items), "totalItems": .integer(total), "pageIndex": .integer(index),
                "pageSize": .integer(size), "isLastPage": .boolean(total == offset + items.count),
            ]))
    }
}
