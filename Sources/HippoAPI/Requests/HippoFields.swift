import HTTP
import JSON

/// The members of a request's body. Hippo does not tell their names' cases apart.
struct HippoFields {
    /// A body has at most so many bytes.
    private static let limit = 1 << 20
    private var values: [String: JSONValue] = [:]

    init(_ request: Request, _ body: RequestBody) throws(HippoFailure) {
        // A page of another site can have a browser send a plain POST, but not one of this type.
        let type = request.headers["Content-Type"]?.prefix { $0 != ";" }.filter { $0 != " " }
        guard type?.lowercased() == "application/json" else { throw .unsupportedMediaType }
        let bytes: [UInt8]
        do throws(RequestBodyError) { bytes = try body.readAll(limit: Self.limit) } catch {
            if case .tooLarge = error { throw .tooLarge(limit: Self.limit) }
            throw .invalid(field: "$", message: "\(error)")
        }
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch { throw .invalid(field: "$", message: "\(error)") }
        guard let object = value.object else { throw .invalid(field: "$", message: "the body is no JSON object") }
        for member in object.members { values[member.name.lowercased()] = member.value }
    }

    /// What a member has; `nil` where it is missing, or `null`. Clients of Hippo before 0.19 wrap what a PATCH changes:
    /// `{"value": …}`.
    subscript(name: String) -> JSONValue? {
        guard let value = values[name.lowercased()], value != .null else { return nil }
        guard let object = value.object, object.members.count == 1 else { return value }
        guard object.members[0].name.lowercased() == "value" else { return value }
        return object.members[0].value == .null ? nil : object.members[0].value
    }

    /// Whether the body speaks of a member at all, `null` included.
    func has(_ name: String) -> Bool { values[name.lowercased()] != nil }

    /// A text; `nil` where it is missing, or `null`.
    func text(_ name: String) throws(HippoFailure) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.string else {
            throw .invalid(field: Self.title(name), message: "'\(name)' has to be a text")
        }
        return text
    }

    /// A text that has to be there.
    func required(_ name: String) throws(HippoFailure) -> String {
        guard let text = try text(name), !text.isEmpty else {
            throw .invalid(field: Self.title(name), message: "'\(name)' is missing")
        }
        return text
    }

    /// An ID; `nil` where it is missing, or `null`.
    func id(_ name: String) throws(HippoFailure) -> HippoID? {
        guard let text = try text(name) else { return nil }
        guard let id = HippoID(text) else {
            throw .invalid(field: Self.title(name), message: "'\(name)' has to be an ID: a UUID")
        }
        return id
    }

    func requiredID(_ name: String) throws(HippoFailure) -> HippoID {
        guard let id = try id(name) else { throw .invalid(field: Self.title(name), message: "'\(name)' is missing") }
        return id
    }

    /// Refuses a body that is for another thing than the path.
    func check(id: HippoID, as name: String = "id") throws(HippoFailure) {
        guard try self.id(name) == id else {
            throw .invalid(field: Self.title(name), message: "'\(name)' has to be the ID in the path")
        }
    }

    /// As Hippo writes the name of a member in what it says of errors.
    private static func title(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }
}
