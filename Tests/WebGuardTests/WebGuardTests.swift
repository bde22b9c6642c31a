import HTTP
import Testing
import WebGuard

@Suite("The guard of a listener")
struct WebGuardTests {
    private func refusal(_ headers: Headers) -> WebGuard.Refusal? {
        WebGuard().developerRefusal(of: Request(method: .post, target: "/v1/_i", headers: headers))
    }

    @Test("lets programs in, which say nothing of a page")
    func programs() {
        #expect(refusal(["Host": "127.0.0.1:8080"]) == nil)
    }

    @Test("lets in pages of its own origin, and what the user has typed")
    func ownPages() {
        #expect(refusal(["Host": "localhost:8080", "Sec-Fetch-Site": "same-origin"]) == nil)
        #expect(refusal(["Host": "localhost:8080", "Sec-Fetch-Site": "none"]) == nil)
        #expect(refusal(["Host": "localhost:8080", "Origin": "http://localhost:8080"]) == nil)
        #expect(refusal(["Host": "localhost:80", "Origin": "http://localhost"]) == nil)
        #expect(refusal(["Host": "LocalHost", "Origin": "https://localhost"]) == nil)
    }

    @Test(
        "refuses pages of other sites and of other ports",
        arguments: [
            ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Sec-Fetch-Site": ""],
            ["Origin": "http://evil.example"], ["Origin": "http://localhost:3000"], ["Origin": "null"], ["Origin": ""],
            ["Origin": "http://localhost:80800"], ["Origin": "ftp://localhost:8080"],
            ["Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"],
        ])
    func foreignPages(fields: [String: String]) {
        var headers: Headers = ["Host": "localhost:8080"]
        for (name, value) in fields { headers.set(name, value) }
        #expect(refusal(headers) == .foreignPage)
    }

    @Test("lets in pages of an origin that counts as its own, for which the browser has another name")
    func ownOrigins() {
        let webGuard = WebGuard(origins: ["http://localhost:5173"])
        func refusal(_ headers: Headers) -> WebGuard.Refusal? {
            var headers = headers
            headers.add("Host", "127.0.0.1:3000")
            return webGuard.developerRefusal(of: Request(target: "/", headers: headers))
        }
        #expect(refusal(["Origin": "http://localhost:5173"]) == nil)
        #expect(refusal(["Origin": "http://LOCALHOST:5173", "Sec-Fetch-Site": "cross-site"]) == nil)
        #expect(refusal(["Origin": "http://127.0.0.1:3000"]) == nil)
        for origin in ["https://localhost:5173", "http://localhost:5174", "http://localhost", "null", ""] {
            #expect(refusal(["Origin": origin]) == .foreignPage)
        }
        #expect(refusal(["Sec-Fetch-Site": "same-site"]) == .foreignPage)
        var two: Headers = ["Origin": "http://localhost:5173"]
        two.add("Origin", "http://evil.example")
        #expect(refusal(two) == .foreignPage)
    }

    @Test("refuses a second field that says otherwise than the first")
    func contradictingFields() {
        var headers: Headers = ["Host": "localhost:8080", "Sec-Fetch-Site": "same-origin"]
        headers.add("Sec-Fetch-Site", "cross-site")
        #expect(refusal(headers) == .foreignPage)
    }

    @Test("refuses names that it is not known by, and says how to allow them")
    func unknownNames() {
        let refusal = refusal(["Host": "evil.example:8080", "Sec-Fetch-Site": "same-origin"])
        #expect(refusal == .unknownName("evil.example"))
        #expect(refusal?.status.code == 421)
        #expect(refusal?.message.contains("--allow-host") == true)
    }

    @Test("shows no control characters of a name")
    func controlCharacters() {
        #expect(refusal(["Host": "a.b\u{9B}31m"])?.message.contains("\u{9B}") == false)
    }
}

@Suite("Content of a store")
struct StoredContentTests {
    @Test(
        "is downloaded if a browser could run it",
        arguments: [
            "text/html", "TEXT/HTML; charset=utf-8", "image/svg+xml", "application/xhtml+xml", "text/xml",
            "application/pdf", "text/javascript", "x-unknown/type", "",
        ])
    func active(mediaType: String) {
        var headers: Headers = ["Content-Type": mediaType]
        StoredContent.restrict(&headers)
        #expect(headers["Content-Disposition"] == "attachment")
        #expect(headers["X-Content-Type-Options"] == "nosniff")
        #expect(headers["Content-Security-Policy"] == "sandbox")
    }

    @Test("is shown if it is only looked at", arguments: ["image/png", "text/plain; charset=utf-8", "video/mp4"])
    func passive(mediaType: String) {
        var headers: Headers = ["Content-Type": mediaType]
        StoredContent.restrict(&headers)
        #expect(headers["Content-Disposition"] == nil)
    }
}
