import HTTP

/// What a request says about the kind of answer it is for.
enum PageRequest {
    /// Whether a browser says that it asks for a document to show in a window or a frame; `nil` if it does not say what
    /// it asks for.
    static func saysNavigation(_ request: Request) -> Bool? { saysNavigation(request.headers) }

    private static func saysNavigation(_ headers: Headers) -> Bool? {
        guard let destination = headers["Sec-Fetch-Dest"] else { return nil }
        if ["document", "iframe", "frame"].contains(destination) { return true }
        // What a service worker passes on has lost its destination, and kept its mode.
        return destination == "empty" && headers["Sec-Fetch-Mode"] == "navigate"
    }

    /// Whether the client would rather have HTML than text: a browser that shows what it gets.
    static func accepts(_ request: Request) -> Bool { accepts(request.headers) }

    /// The same, of the fields of a request.
    static func accepts(_ headers: Headers) -> Bool {
        if saysNavigation(headers) == false { return false }
        return headers.all("Accept").contains { field in
            field.split(separator: ",").contains { range in
                let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
                return parts.first == "text/html" && !parts.contains("q=0")
            }
        }
    }
}
