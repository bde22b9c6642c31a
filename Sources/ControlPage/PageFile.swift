import HTTP

/// What the page consists of. All of it is in the program.
enum PageFile {
    case page, styleSheet, script, description

    var response: Response {
        var headers: Headers = [
            "Content-Type": mediaType, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        ]
        if self == .page {
            // Nothing from elsewhere, no frame around it, and no window of a stranger's that could reach into it.
            headers.set(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
            headers.set("Cross-Origin-Opener-Policy", "same-origin")
            headers.set("Referrer-Policy", "no-referrer")
        }
        return Response(headers: headers, body: .bytes(bytes))
    }

    private var mediaType: String {
        switch self {
        case .page: "text/html; charset=utf-8"
        case .styleSheet: "text/css; charset=utf-8"
        case .script: "text/javascript; charset=utf-8"
        case .description: "application/json"
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .page: PackageResources.page_html
        case .styleSheet: PackageResources.page_css
        case .script: PackageResources.page_js
        case .description: PackageResources.openapi_json
        }
    }
}
