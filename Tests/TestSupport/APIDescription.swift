package import JSON

/// A document that describes an API (OpenAPI 3.1), to hold answers against it.
package struct APIDescription {
    package let document: JSONObject

    /// What an answer has otherwise than the document says.
    package struct Mismatch: Error, CustomStringConvertible {
        package let description: String
    }

    package init(_ document: [UInt8]) throws {
        guard let object = try JSONValue(parsing: document).object else {
            throw Mismatch(description: "the document is no object")
        }
        self.document = object
    }

    /// Checks that the document knows an answer's status, and that its body is as the document says.
    /// - Parameter path: Below the server's, without parameters.
    package func check(_ status: Int, _ body: [UInt8], to method: String, _ path: String) throws {
        let place = "\(method) \(path) \(status)"
        guard let operations = document["paths"]?.object?[path]?.object else {
            throw Mismatch(description: "\(path) is not described")
        }
        guard let operation = operations[method.lowercased()]?.object else {
            guard status == 405 else { throw Mismatch(description: "\(place): the method is not described") }
            return
        }
        guard var answer = operation["responses"]?.object?[String(status)]?.object else {
            throw Mismatch(description: "\(place) is not described: \(String(decoding: body, as: UTF8.self))")
        }
        if let reference = answer["$ref"]?.string { answer = try resolve(reference) }
        guard let schema = answer["content"]?.object?["application/json"]?.object?["schema"]?.object else { return }
        try check(try JSONValue(parsing: body), schema, place)
    }

    private func resolve(_ reference: String) throws -> JSONObject {
        var object = document
        for name in reference.split(separator: "/").dropFirst() {
            guard let next = object[String(name)]?.object else {
                throw Mismatch(description: "\(reference) leads nowhere")
            }
            object = next
        }
        return object
    }

    /// Checks what the document's schemas use of JSON Schema.
    private func check(_ value: JSONValue, _ schema: JSONObject, _ place: String) throws {
        func expect(_ isRight: Bool, _ problem: String) throws(Mismatch) {
            guard isRight else { throw Mismatch(description: "\(place) \(problem): \(value.serialized)") }
        }
        if let reference = schema["$ref"]?.string { return try check(value, try resolve(reference), place) }
        if let words = schema["enum"]?.array { try expect(words.contains(value), "is none of the words") }
        switch schema["type"]?.string {
        case "object":
            try expect(value.object != nil, "is no object")
            let object = value.object ?? [:]
            for name in schema["required"]?.array?.compactMap(\.string) ?? [] {
                try expect(object[name] != nil, "lacks '\(name)'")
            }
            guard let properties = schema["properties"]?.object else { return }
            for member in object.members {
                try expect(properties[member.name] != nil, "has '\(member.name)'")
                try check(member.value, properties[member.name]?.object ?? [:], "\(place).\(member.name)")
            }
        case "array":
            try expect(value.array != nil && schema["items"] != nil, "is no array")
            for item in value.array ?? [] { try check(item, schema["items"]?.object ?? [:], place + "[]") }
        case "string": try expect(value.string != nil, "is no string")
        case "integer": try expect(value.integer != nil, "is no integer")
        case "number": try expect(value.number != nil, "is no number")
        case "boolean": try expect(value.boolean != nil, "is no boolean")
        default: break
        }
    }
}
