package import HTTP

/// Headers for content that somebody else has put into a store.
///
/// A browser that opens it must not take it for a page of this server: such a page could change everything here.
package enum StoredContent {
    /// Types that a browser shows without running anything in them.
    private static let passiveTypes: Set<String> = [
        "application/json", "application/octet-stream", "application/toml", "application/wasm", "image/avif",
        "image/bmp", "image/gif", "image/jpeg", "image/png", "image/vnd.microsoft.icon", "image/webp", "image/x-icon",
        "text/csv", "text/plain",
    ]
    private static let passiveKinds = ["audio/", "font/", "video/"]

    /// Adds the headers that keep content from acting as a page of this server.
    ///
    /// - Parameter headers: Those of the response, `Content-Type` included.
    package static func restrict(_ headers: inout Headers) {
        headers.set("X-Content-Type-Options", "nosniff")
        headers.set("Content-Security-Policy", "sandbox")
        if isActive(headers["Content-Type"] ?? "application/octet-stream") {
            headers.set("Content-Disposition", "attachment")
        }
    }

    /// Whether a browser may run something in content of this media type. A type that is not known is active.
    package static func isActive(_ mediaType: String) -> Bool {
        let essence = mediaType.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        return !passiveTypes.contains(essence) && !passiveKinds.contains { essence.hasPrefix($0) }
    }
}
