import TestSupport
import Testing

import Bindle

@Suite("A Bindle server and the web pages that its user visits")
struct WebPageTests {
    @Test(
        "pages of other sites, and requests under foreign names, reach no route but /healthz",
        arguments: [
            ("GET /v1/_q?q=a", "Host: evil.example"), ("GET /revisions", "Host: evil.example"),
            ("DELETE /v1/_i/app/1.0.0", "Host: evil.example"),
            ("DELETE /v1/_i/app/1.0.0", "Host: localhost\r\nOrigin: http://localhost:3000"),
            ("GET /v1/_i/app/1.0.0", "Host: localhost\r\nSec-Fetch-Site: cross-site"),
            ("POST /v1/_i", "Host: localhost\r\nOrigin: null\r\nContent-Type: application/toml"),
        ])
    func foreignPages(request: String, fields: String) throws {
        let server = try RunningServer(.development)
        _ = try server.post("/_i", Samples.invoice("app/1.0.0").toml)
        let answer = try server.exchange(
            "\(request) HTTP/1.1\r\n\(fields)\r\nContent-Length: 0\r\n\r\n", until: "\r\n\r\n")
        #expect(answer.hasPrefix(fields.contains("evil.example") ? "HTTP/1.1 421 " : "HTTP/1.1 403 "))
        #expect(try server.get("/_i/app/1.0.0").status == 200)
        let health = try server.exchange("GET /healthz HTTP/1.1\r\n\(fields)\r\n\r\n", until: "\r\n\r\n")
        #expect(health.hasPrefix("HTTP/1.1 200 "))
    }

    @Test("an invoice needs a type, since a page may send a body without one")
    func invoiceWithoutType() throws {
        let server = try RunningServer(.development)
        let body = try Samples.invoice("app/1.0.0").toml
        let answer = try server.exchange(
            "POST /v1/_i HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
            until: "\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 415 "))
        #expect(try server.get("/_i/app/1.0.0").status == 404)
    }

    @Test("a parcel that a browser could run is downloaded, in a sandbox, and not sniffed")
    func activeParcel() throws {
        let server = try RunningServer(.development)
        var invoice = try Samples.invoice("app/1.0.0", "<script>")
        invoice.parcels[0].label.mediaType = "text/html"
        _ = try server.post("/_i", invoice.toml)
        let path = "/_i/app/1.0.0@\(Samples.digest("<script>"))"
        _ = try server.post(path, "<script>")
        let answer = try server.get(path)
        #expect(answer.status == 200)
        #expect(answer.headers["Content-Disposition"] == "attachment")
        #expect(answer.headers["Content-Security-Policy"] == "sandbox")
        #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
    }
}
