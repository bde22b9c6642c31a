import HTTP

/// A file of the page. All of them are in the program, and the same for everybody.
struct PageFile: Hashable {
    /// Where the page's parts stand at the control address.
    static let directory = "/control/"

    private let path: String
    private let mediaType: String
    let bytes: [UInt8]

    private init(_ path: String, _ mediaType: String, _ bytes: [UInt8]) {
        self.path = path
        self.mediaType = mediaType
        self.bytes = bytes
    }

    private static func script(_ name: String, _ bytes: [UInt8]) -> PageFile {
        PageFile(directory + name, "text/javascript; charset=utf-8", bytes)
    }

    private static let page = PageFile("/", "text/html; charset=utf-8", PackageResources.page_html)

    /// The document that describes the API (OpenAPI 3.1).
    static let description = PageFile("/api/v1/openapi.json", "application/json", PackageResources.openapi_json)

    private static let all = [
        page, description,
        PageFile(directory + "page.css", "text/css; charset=utf-8", PackageResources.page_css),
        script("page.js", PackageResources.page_js),
        script("api.js", PackageResources.api_js),
        script("elements.js", PackageResources.elements_js),
        script("now.js", PackageResources.now_js),
        script("feed.js", PackageResources.feed_js),
        script("tar.js", PackageResources.tar_js),
        script("releases.js", PackageResources.releases_js),
        script("channels.js", PackageResources.channels_js),
        script("activity.js", PackageResources.activity_js),
        script("exchange.js", PackageResources.exchange_js),
        script("environment.js", PackageResources.environment_js),
        script("tokens.js", PackageResources.tokens_js),
    ]

    private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })

    /// The file at a path of the control address; `nil` if there is none.
    init?(path: String) {
        guard let file = Self.byPath[path] else { return nil }
        self = file
    }

    static var paths: [String] { all.map(\.path) }

    /// Whether it is the page itself, which a link from elsewhere may open.
    var isPage: Bool { self == Self.page }

    var response: Response {
        var headers: Headers = [
            "Content-Type": mediaType, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        ]
        if isPage {
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

    static func == (left: PageFile, right: PageFile) -> Bool { left.path == right.path }

    func hash(into hasher: inout Hasher) { hasher.combine(path) }
}
