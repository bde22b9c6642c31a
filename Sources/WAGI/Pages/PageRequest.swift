import HTTP

/// What a request says about the kind of answer it is for.
enum PageRequest {
    /// Whether the client would rather have HTML than text: a browser that shows what it gets.
    static func accepts(_ request: Request) -> Bool {
        if let destination = request.headers["Sec-Fetch-Dest"], !["document", "iframe", "frame"].contains(destination) {
            return false
        }
        return request.headers.all("Accept").contains { field in
            field.split(separator: ",").contains { range in
                let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
                return parts.first == "text/html" && !parts.contains("q=0")
            }
        }
    }
}
