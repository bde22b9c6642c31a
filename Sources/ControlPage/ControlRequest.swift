package import HTTP
package import JSON

/// A request to the API, as a section of it reads it.
package struct ControlRequest {
    /// A document in a request's body has at most so many bytes.
    private static let longestDocument = 1 << 20

    package let request: Request
    /// The components of the path below `/api/v1`, as they stand in the request.
    package let path: [String]
    package let body: RequestBody

    private let waiting: (() -> Void) -> Void

    /// - Parameter whileWaiting: Runs what waits for something but the client; see `ResponseWriter.whileWaiting`.
    package init(
        _ request: Request, path: [String], body: RequestBody,
        whileWaiting: @escaping (() -> Void) -> Void = { $0() }
    ) {
        self.request = request
        self.path = path
        self.body = body
        waiting = whileWaiting
    }

    /// Runs `wait`, which waits for something but the client. Other requests may have their turn meanwhile: few are answered
    /// at a time.
    package func whileWaiting<Value, Failure: Error>(
        _ wait: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        var result: Result<Value, Failure>?
        withoutActuallyEscaping(wait) { wait in
            waiting {
                result = Result { () throws(Failure) in try wait() }
            }
        }
        guard let result else { preconditionFailure("what waits is run once") }
        return try result.get()
    }

    /// Refuses other methods. Whoever takes GET takes HEAD.
    package func allow(_ methods: Method...) throws(ControlFailure) {
        let allowed = methods.contains(.get) ? methods + [.head] : methods
        guard allowed.contains(request.method) else { throw ControlFailure(request, takesOnly: allowed) }
    }

    /// The parameters of the query. Others than these are an error.
    package func parameters(_ known: Set<String>) throws(ControlFailure) -> ControlParameters {
        try ControlParameters(request, known: known)
    }

    /// The JSON object in the body. Members other than these are an error.
    ///
    /// A page of another site can have a browser send a plain POST, but not one of this type.
    package func json(_ known: Set<String>) throws(ControlFailure) -> JSONObject {
        let type = request.headers["Content-Type"]?.split(separator: ";").first?.trimmingPrefix { $0 == " " }
        guard type?.lowercased() == "application/json" else {
            throw ControlFailure(.unsupportedMediaType, "the Content-Type has to be application/json")
        }
        let bytes: [UInt8]
        do throws(RequestBodyError) { bytes = try body.readAll(limit: Self.longestDocument) } catch {
            if case .tooLarge(let limit) = error {
                throw ControlFailure(.contentTooLarge, "the body has more than \(limit) bytes")
            }
            throw ControlFailure(.badRequest, "the body cannot be read: \(error)")
        }
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch {
            throw ControlFailure(.badRequest, "the body is not JSON: \(error)")
        }
        guard let object = value.object else { throw ControlFailure(.badRequest, "the body is no JSON object") }
        for member in object.members where !known.contains(member.name) {
            throw ControlFailure(
                .badRequest, "there is no member '\(member.name)' here, but \(known.sorted().joined(separator: ", "))")
        }
        return object
    }
}
