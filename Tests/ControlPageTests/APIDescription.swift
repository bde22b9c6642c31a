import HTTP
import JSON
import Testing

@testable import ControlPage

/// The document that describes the API, to hold answers against it.
struct APIDescription {
    let document: JSONObject

    init() throws {
        guard case .bytes(let bytes) = PageFile.description.response.body else { throw NoDocument() }
        document = try #require(try JSONValue(parsing: bytes).object)
    }

    private struct NoDocument: Error {}

    /// Checks that the document knows an answer's status, and that its body is as the document says.
    /// - Parameter path: Below `/api/v1`, without parameters.
    func check(_ response: Response, to method: HTTP.Method, _ path: String) throws {
        let place = "\(method) \(path) \(response.status.code)"
        // HEAD is answered as GET is; what is said of other methods is said of the path.
        let operations = try #require(document["paths"]?.object?[path]?.object, "\(path)")
        guard let operation = operations[method.rawValue.lowercased()]?.object else {
            #expect(response.status == .methodNotAllowed, "\(place)")
            return
        }
        var answer = try #require(
            operation["responses"]?.object?[String(response.status.code)]?.object, "\(place) is not described")
        if let reference = answer["$ref"]?.string { answer = try resolve(reference) }
        guard let schema = answer["content"]?.object?["application/json"]?.object?["schema"]?.object else { return }
        guard case .bytes(let bytes) = response.body else { throw NoDocument() }
        try check(try JSONValue(parsing: bytes), schema, place)
    }

    private func resolve(_ reference: String) throws -> JSONObject {
        var object = document
        for name in reference.split(separator: "/").dropFirst() {
            object = try #require(object[String(name)]?.object, "\(reference)")
        }
        return object
    }

    /// Checks what the document's schemas use of JSON Schema.
    func check(_ value: JSONValue, _ schema: JSONObject, _ place: String) throws {
        if let reference = schema["$ref"]?.string { return try check(value, try resolve(reference), place) }
        if let words = schema["enum"]?.array { #expect(words.contains(value), "\(place)") }
        switch schema["type"]?.string {
        case "object":
            let object = try #require(value.object, "\(place)")
            for name in schema["required"]?.array ?? [] {
                #expect(object[name.string ?? ""] != nil, "\(place) \(name)")
            }
            guard let properties = schema["properties"]?.object else { return }
            for member in object.members {
                let property = try #require(properties[member.name]?.object, "\(place).\(member.name)")
                try check(member.value, property, "\(place).\(member.name)")
            }
        case "array":
            let items = try #require(schema["items"]?.object)
            for item in try #require(value.array, "\(place)") { try check(item, items, place + "[]") }
        case "string": #expect(value.string != nil, "\(place)")
        case "integer": #expect(value.integer != nil, "\(place)")
        case "number": #expect(value.number != nil, "\(place)")
        case "boolean": #expect(value.boolean != nil, "\(place)")
        default: break
        }
    }
}
