import Bindle
import HTTP
import JSON
import SandboxProtocol
import TestSupport
import Testing
import WebGuard

@testable import ControlPage

@Suite("The control page")
struct ControlPageTests {
    let directory: TemporaryDirectory
    let store: BindleStore
    let page: ControlPage

    init() throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
        page = ControlPage(
            store: store, appURL: "http://127.0.0.1:3000/", version: "1.2.3", webGuard: WebGuard(),
            authentication: nil)
    }

    /// Contents that stand for a parcel each, and the digest that each has here.
    private static func label(
        _ name: String, _ content: UInt8, _ mediaType: String, _ feature: [String: [String: String]] = [:]
    ) -> Label {
        Label(
            sha256: digests[Int(content)], mediaType: mediaType, name: name, size: 1, feature: feature)
    }

    // SHA-256 of the one byte 0, 1 and 2.
    private static let digests = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a",
        "dbc1b4c900ffe48d575b5da5c638040125f65db0fe3e24494b76ea986457d986",
    ]

    private func serve(_ labels: [Label]) throws {
        let id = try BindleID("app/1.0.0")
        let invoice = Invoice(bindle: .init(id: id), parcels: labels.map { Parcel(label: $0) })
        let saved = try store.saveRevision(invoice) { (label) throws(StoreError) in
            .bytes([UInt8(Self.digests.firstIndex(of: label.sha256)!)])
        }
        var status = ProjectStatus(session: "s")
        status.serve(.init(revision: saved.number, styleSheets: nil))
        page.note(status)
        page.noteServing(id: "app/1.0.0", timings: [StageTiming(stage: "total", milliseconds: 1.5)])
    }

    private func get(
        _ target: String, _ headers: Headers = [:], method: HTTP.Method = .get, from page: ControlPage? = nil
    ) -> Response {
        var all: Headers = ["Host": "127.0.0.1:8080"]
        for field in headers { all.add(field.name, field.value) }
        return (page ?? self.page).respond(
            to: Request(method: method, target: target, headers: all), RequestBody([]))!
    }

    private func json(_ target: String, from page: ControlPage? = nil) throws -> JSONObject {
        let response = get(target, from: page)
        guard case .bytes(let bytes) = response.body else { return [:] }
        return try #require(try JSONValue(parsing: bytes).object)
    }

    private func texts(_ object: JSONObject, _ list: String, _ member: String) -> [String] {
        (object[list]?.array ?? []).map { $0.object?[member]?.string ?? "" }
    }

    // MARK: The app

    @Test("says in which state the app is, and what is wrong") func states() throws {
        #expect(try json("/api/v1/app")["state"] == .string("starting"))
        var status = ProjectStatus(session: "s")
        status.isBuilding = true
        page.note(status)
        #expect(try json("/api/v1/app")["state"] == .string("building"))
        try serve([Self.label("a.wasm", 0, "application/wasm", ["wagi": ["route": "/a/...", "file": "false"]])])
        let serving = try json("/api/v1/app")
        #expect(serving["state"] == .string("serving") && serving["revision"] == .integer(1))
        #expect(serving["bindle"] == .string("app/1.0.0") && serving["url"] == .string("http://127.0.0.1:3000/"))
        #expect(texts(serving, "timings", "stage") == ["total"])
        status.serve(.init(revision: 1, styleSheets: nil))
        status.problem = .init(stage: "assemble", message: "Bad.", file: "HIPPOFACTS", line: 3)
        page.note(status)
        let failed = try json("/api/v1/app")
        #expect(failed["state"] == .string("failed") && failed["revision"] == .integer(1))
        #expect(failed["problem"]?.object?["line"] == .integer(3))
    }

    @Test("lists routes and parcels of what serves, and what has changed since the revision before")
    func contents() throws {
        #expect(get("/api/v1/app/routes").status == .notFound)
        let module = Self.label("a.wasm", 0, "application/wasm", ["wagi": ["route": "/a/...", "file": "false"]])
        let file = Self.label("a.txt", 1, "text/plain", Label.featureOfFiles)
        try serve([module, file, Self.label("gone.txt", 1, "text/plain")])
        var parcels = try json("/api/v1/app/parcels")
        #expect(parcels["comparedWith"] == nil && parcels["total"] == .integer(3))
        #expect(texts(parcels, "parcels", "kind") == ["handler", "file", "other"])
        try serve([
            module, Self.label("a.txt", 2, "text/plain", Label.featureOfFiles), Self.label("new.txt", 1, "text/plain"),
        ])
        parcels = try json("/api/v1/app/parcels")
        #expect(parcels["comparedWith"] == .integer(1))
        #expect(texts(parcels, "parcels", "change") == ["same", "changed", "added"])
        #expect(parcels["removed"] == .array([.string("gone.txt")]))
        let routes = try json("/api/v1/app/routes")
        #expect(texts(routes, "routes", "route") == ["/a/..."] && texts(routes, "routes", "path") == ["/a"])
        // Pages of the list, and a part of it.
        #expect(texts(try json("/api/v1/app/parcels?offset=1&limit=1"), "parcels", "name") == ["a.txt"])
        #expect(texts(try json("/api/v1/app/parcels?text=.TXT&limit=1"), "parcels", "name") == ["a.txt"])
        #expect(try json("/api/v1/app/parcels?text=.TXT&limit=1")["total"] == .integer(2))
        #expect(texts(try json("/api/v1/app/parcels?offset=9007199254740991"), "parcels", "name") == [])
    }

    // MARK: What happens

    private static func request(_ target: String, status: Int = 200) -> (request: ServedRequest, time: Double) {
        (ServedRequest(method: "GET", target: target, status: status, byteCount: 1, milliseconds: 0.5, revision: 1), 7)
    }

    @Test("keeps the last 1,000 requests, and gives out those that are new") func requests() throws {
        page.note((1...1500).map { Self.request("/\($0)") }, [])
        let all = try json("/api/v1/requests")
        #expect(all["latest"] == .integer(1500))
        #expect(texts(all, "requests", "target") == (501...1500).map { "/\($0)" })
        #expect(texts(try json("/api/v1/requests?after=1498"), "requests", "target") == ["/1499", "/1500"])
        for after in [1500, 5000, ControlParameters.largestCount] {
            #expect(try json("/api/v1/requests?after=\(after)")["requests"] == .array([]))
        }
        page.note([Self.request("/gone", status: 0)], [])
        #expect(try json("/api/v1/requests?after=1500")["requests"]?.array?.first?.object?["status"] == nil)
    }

    @Test("finds lines of the log by source, handler and text, and keeps no line of endless length") func log() throws {
        page.note(LogLine(source: "sandbox", text: "One", time: 1))
        page.note(LogLine(source: "guest", route: "/a", text: "two", time: 2))
        page.note(LogLine(source: "guest", route: "/b", text: String(repeating: "x", count: 100_000), time: 3))
        #expect(texts(try json("/api/v1/log?text=ONE"), "lines", "text") == ["One"])
        #expect(texts(try json("/api/v1/log?source=guest&route=%2Fa"), "lines", "text") == ["two"])
        let long = texts(try json("/api/v1/log?after=2"), "lines", "text")
        #expect(long.map(\.count) == [4097])
    }

    @Test("keeps no more than a megabyte of lines and of requests, however long they are") func sizes() throws {
        let text = String(repeating: "x", count: 4000)
        page.note([], (1...2000).map { LogLine(source: "guest", route: "/a", text: "\($0) \(text)", time: 0) })
        page.note((1...1000).map { Self.request("/\($0)?\(text)") }, [])
        for (target, list) in [("/api/v1/log", "lines"), ("/api/v1/requests", "requests")] {
            let count = try json(target)[list]?.array?.count ?? 0
            #expect((240...255).contains(count), "\(target): \(count)")
        }
        #expect(try json("/api/v1/log")["lines"]?.array?.last?.object?["number"] == .integer(2000))
    }

    @Test("A parameter that is unknown, doubled or no number is an error that says so")
    func parameters() throws {
        for (target, text) in [
            ("/api/v1/log?sauce=guest", "no parameter 'sauce'"), ("/api/v1/log?after=1&after=2", "more than once"),
            ("/api/v1/log?after=-1", "not '-1'"),
            ("/api/v1/log?after=9007199254740992", "a number from 0 to 9007199254740991"),
            ("/api/v1/requests?after=x", "not 'x'"), ("/api/v1/app?a=1", "'a'"),
        ] {
            #expect(get(target).status == .badRequest, "\(target)")
            #expect(try json(target)["error"]?.string?.contains(text) == true, "\(target)")
        }
        try serve([Self.label("a.txt", 0, "text/plain")])
        #expect(get("/api/v1/app/parcels?limit=1001").status == .badRequest)
        #expect(get("/api/v1/none").status == .notFound && get("/control/none").status == .notFound)
        #expect(get("/api/v1/app", method: .post).status == .methodNotAllowed)
    }

    // MARK: Who may see it

    @Test("A page of another site gets nothing; a link from there opens the page, which holds no data")
    func foreignPages() {
        let link: Headers = [
            "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document",
        ]
        let foreign: [Headers] = [
            ["Sec-Fetch-Site": "cross-site"], ["Sec-Fetch-Site": "same-site"], ["Origin": "http://127.0.0.1:3000"],
            ["Origin": "null"],
            ["Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"],
            ["Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"],
        ]
        let data = ["app", "app/routes", "app/parcels", "requests", "log", "events", "openapi.json"].map {
            "/api/v1/" + $0
        }
        for path in data + ["/", "/control/page.js", "/control/page.css"] {
            for headers in foreign { #expect(get(path, headers).status == .forbidden, "\(path) \(headers)") }
            #expect(get(path, link).status == (path == "/" ? .ok : .forbidden), "\(path)")
            #expect(get(path, ["Sec-Fetch-Site": "same-origin"]).status != .forbidden, "\(path)")
        }
        let rebound = Request(target: "/", headers: ["Host": "evil.example"])
        #expect(page.respond(to: rebound, RequestBody([]))?.status == .misdirectedRequest)
        #expect(page.respond(to: Request(target: "/v1/_q", headers: ["Host": "127.0.0.1"]), RequestBody([])) == nil)
    }

    @Test("No other page has it in a frame, and it loads nothing from elsewhere") func policy() {
        let headers = get("/").headers
        let policy = headers["Content-Security-Policy"] ?? ""
        #expect(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"))
        #expect(headers["Cross-Origin-Opener-Policy"] == "same-origin")
        #expect(headers["Set-Cookie"] == nil)
    }

    @Test("Each element of the page has an ID of its own, and each script is there") func identifiers() throws {
        guard case .bytes(let bytes) = get("/").body else {
            Issue.record("The body is not in memory.")
            return
        }
        let text = String(decoding: bytes, as: UTF8.self)
        let all = text.matches(of: /\bid="([^"]+)"/).map { String($0.1) }
        #expect(all.count > 50)
        #expect(Dictionary(grouping: all) { $0 }.filter { $0.value.count > 1 }.keys.sorted() == [])
        for reference in text.matches(of: /(?:href|for|aria-labelledby)="#?([a-z-]+)"/) {
            #expect(all.contains(String(reference.1)), "\(reference.1)")
        }
    }

    @Test("Where a token is asked for, only the page itself comes without") func token() throws {
        let page = ControlPage(
            store: store, appURL: "http://127.0.0.1:3000/", version: "1", webGuard: WebGuard(),
            authentication: ServerAuthentication(tokens: ["secret"]))
        for path in ["/", "/control/page.js", "/control/page.css", "/api/v1/openapi.json"] {
            #expect(get(path, from: page).status == .ok)
        }
        for path in ["app", "app/routes", "app/parcels", "requests", "log", "events", "none"].map({ "/api/v1/" + $0 }) {
            #expect(get(path, from: page).status == .unauthorized, "\(path)")
            #expect(get(path, ["Authorization": "Bearer secrets"], from: page).status == .unauthorized)
            #expect(get(path, ["Authorization": "Bearer secret"], from: page).status != .unauthorized)
            // A browser would show a window of its own.
            #expect(get(path, from: page).headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
        }
    }

    // MARK: The document

    @Test("The API's document names every endpoint, and answers have what it demands and nothing that it does not name")
    func document() throws {
        try serve([
            Self.label("a.wasm", 0, "application/wasm", ["wagi": ["route": "/a", "file": "false", "entrypoint": "b"]])
        ])
        page.note([Self.request("/a")], [LogLine(source: "guest", route: "/a", text: "two", time: 2)])
        var status = ProjectStatus(session: "s")
        status.serve(.init(revision: 1, styleSheets: nil))
        status.problem = .init(
            stage: "build", message: "m", file: "f", line: 1, column: 2, excerpt: [.init(number: 1, text: "t")],
            link: "vscode://file/f")
        page.note(status)
        let description = try APIDescription(PageFile.description.bytes)
        #expect(try json("/api/v1/openapi.json") == description.document)
        // The sections' paths have tests of their own.
        for path in ["/openapi.json", "/app", "/app/routes", "/app/parcels", "/requests", "/log", "/events"] {
            let response = get("/api/v1" + path)
            #expect(response.status == .ok, "\(path)")
            guard case .bytes(let bytes) = response.body else { continue }
            try description.check(response.status.code, bytes, to: "GET", path)
        }
    }
}
