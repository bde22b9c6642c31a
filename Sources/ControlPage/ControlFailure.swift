package import HTTP
package import JSON

/// An answer of the API that says what is wrong.
package struct ControlFailure: Error, Hashable {
    package let status: Status
    /// One sentence, without a capital and a full stop.
    package let message: String
    /// What the path takes, where the method is what is wrong.
    private var allowed: [Method] = []

    package init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// A method that the path does not take.
    init(_ request: Request, takesOnly allowed: [Method]) {
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        self.init(.methodNotAllowed, "\(request.path) takes \(names), not \(request.method)")
        self.allowed = allowed
    }

    package var response: Response {
        var response = Response(json: ["error": .string(message)])
        response.status = status
        // Not Basic: a browser would ask for a name and a password in a window of its own.
        if status == .unauthorized { response.headers.set("WWW-Authenticate", "Bearer realm=\"hippo-dev\"") }
        if !allowed.isEmpty { response.headers.set("Allow", allowed.map(\.rawValue).joined(separator: ", ")) }
        return response
    }
}

extension Response {
    /// Data that is for the developer alone, and is another one a moment later.
    package init(json: JSONObject, status: Status = .ok) {
        self.init(
            status: status,
            headers: [
                "Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
            ], body: .bytes(Array(json.serialized.utf8)))
    }
}
