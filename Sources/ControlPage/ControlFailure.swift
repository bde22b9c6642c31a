import HTTP
import JSON

/// An answer of the API that says what is wrong.
struct ControlFailure: Error, Hashable {
    let status: Status
    let message: String

    init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }

    var response: Response {
        var response = Response(json: ["error": .string(message)])
        response.status = status
        // Not Basic: a browser would ask for a name and a password in a window of its own.
        if status == .unauthorized { response.headers.set("WWW-Authenticate", "Bearer realm=\"hippo-dev\"") }
        if status == .methodNotAllowed { response.headers.set("Allow", "GET, HEAD") }
        return response
    }
}

extension Response {
    /// Data that is for the developer alone, and is another one a moment later.
    init(json: JSONObject) {
        self.init(
            headers: [
                "Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
            ], body: .bytes(Array(json.serialized.utf8)))
    }
}
