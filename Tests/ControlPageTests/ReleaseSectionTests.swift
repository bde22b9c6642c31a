import Bindle
import HTTP
import JSON
import TestSupport
import Testing

@testable import ControlPage

@Suite("The control page's API about releases")
struct ReleaseSectionTests {
    let directory: TemporaryDirectory
    let store: BindleStore
    let page: DescribedPage

    init() throws {
        directory = try TemporaryDirectory()
        let store = try BindleStore(path: directory.path + "/bindles.sqlite", isTemporary: true)
        self.store = store
        page = try DescribedPage(
            store,
            [
                ReleaseSection(store: store),
                RevisionSection(store: store) { number in
                    do throws(StoreError) {
                        return .success(try store.restore(revision: number))
                    } catch {
                        return .failure(.store(error))
                    }
                },
                ComparisonSection(store: store), BindleSection(store: store),
            ])
    }

    /// Saves texts under their names.
    @discardableResult
    private func save(_ files: KeyValuePairs<String, String>, id: String = "app/1.0.0") throws -> Int {
        let texts = Dictionary(files.map { (SHA256.hash($0.value.utf8).hex, $0.value) }) { first, _ in first }
        let invoice = Invoice(
            bindle: .init(id: try BindleID(id), description: "Version \(files.count)"),
            parcels: files.map { name, text in
                Parcel(
                    label: Label(
                        sha256: SHA256.hash(text.utf8).hex, mediaType: "text/plain", name: name,
                        size: text.utf8.count))
            })
        return try store.saveRevision(invoice) { (label) throws(StoreError) in
            .bytes(Array((texts[label.sha256] ?? "").utf8))
        }.number
    }

    private func send(
        _ method: HTTP.Method, _ target: String, _ body: String = "{}", type: String = "application/json"
    ) throws -> (status: Int, body: JSONObject) {
        try page.send(method, target, body, type: type)
    }

    private func texts(_ object: JSONObject, _ list: String, _ member: String) -> [String] {
        (object[list]?.array ?? []).map { $0.object?[member]?.string ?? "" }
    }

    @Test("makes one of a revision, a bindle or a release, shows it, and removes it") func make() throws {
        let revision = try save(["a": "1"])
        let made = try send(.post, "/releases", #"{"revision": \#(revision)}"#)
        #expect(made.status == 201 && made.body["id"] == "app/1.0.0" && made.body["effect"] == "created")
        #expect(made.body["revision"]?.integer == revision)
        #expect(try send(.post, "/releases", #"{"bindle": "app/1.0.0"}"#).body["effect"] == "unchanged")
        try save(["a": "2"])
        let refused = try send(.post, "/releases", #"{"bindle": "app/1.0.0"}"#)
        #expect(refused.status == 409 && refused.body["error"]?.string?.contains("other content") == true)
        let replaced = try send(.post, "/releases", #"{"bindle": "app/1.0.0", "replace": true}"#)
        #expect(replaced.status == 200 && replaced.body["effect"] == "replaced")
        #expect(try send(.post, "/releases", #"{"release": "app/1.0.0", "version": "2.0.0"}"#).status == 201)

        #expect(try send(.get, "/release?id=app/2.0.0").body["version"] == "2.0.0")
        #expect(try texts(send(.get, "/releases").body, "releases", "id") == ["app/2.0.0", "app/1.0.0"])
        #expect(try texts(send(.get, "/releases?text=2.0").body, "releases", "id") == ["app/2.0.0"])
        let second = try send(.get, "/releases?name=app&offset=1&limit=1").body
        #expect(texts(second, "releases", "id") == ["app/1.0.0"] && second["total"]?.integer == 2)
        #expect(try send(.delete, "/release?id=app/2.0.0").body["id"] == "app/2.0.0")
        #expect(try send(.get, "/release?id=app/2.0.0").status == 404)
        try store.put(Channel(app: "app", name: "stable", selection: .pin(SemanticVersion(1, 0, 0))))
        #expect(try send(.delete, "/release?id=app%2F1.0.0").status == 409)
    }

    @Test("says what is wrong with a request") func refusals() throws {
        try save(["a": "1"])
        let bodies: [(String, Int)] = [
            ("{}", 400), (#"{"revision": 1, "bindle": "app/1.0.0"}"#, 400), (#"{"revision": 0}"#, 400),
            (#"{"revision": "1"}"#, 400), (#"{"bindle": "app"}"#, 400), (#"{"bindle": ""}"#, 400),
            (#"{"revision": 1, "version": "1.0"}"#, 400), (#"{"revision": 1, "replace": "yes"}"#, 400),
            (#"{"revision": 1, "force": true}"#, 400), (#"{"revision": 7}"#, 404),
            (#"{"bindle": "none/1.0.0"}"#, 404), (#"{"release": "app/1.0.0"}"#, 404),
        ]
        for (body, status) in bodies { #expect(try send(.post, "/releases", body).status == status, "\(body)") }
        #expect(try send(.post, "/releases", #"{"revision": 1}"#, type: "text/plain").status == 415)
        let targets: [(HTTP.Method, String, Int)] = [
            (.get, "/releases?limit=1001", 400), (.get, "/releases?nam=app", 400), (.put, "/releases", 405),
            (.get, "/release", 400), (.get, "/release?id=app", 400), (.post, "/release?id=app/1.0.0", 405),
            (.delete, "/release?id=app/9.0.0", 404), (.get, "/comparison?from=revision:1", 400),
            (.get, "/comparison?from=revision:1&to=app/1.0.0", 400),
            (.get, "/comparison?from=revision:01&to=revision:1", 400),
            (.get, "/comparison?from=revision:1&to=revision:2", 404),
            (.get, "/comparison?from=release:app/1.0.0&to=revision:1", 404),
            (.get, "/comparison/file?from=revision:1&to=revision:1", 400),
            (.get, "/comparison/file?from=revision:1&to=revision:1&name=b", 404),
            (.get, "/app/rollback", 405), (.post, "/app/rollback", 400), (.get, "/bindles?text=a&limit=-1", 400),
            (.get, "/bindles?text=" + String(repeating: "a+", count: 65), 400), (.delete, "/revisions", 405),
        ]
        for (method, target, status) in targets {
            #expect(try send(method, target).status == status, "\(method) \(target)")
        }
    }

    @Test("compares two of them file by file, and a file line by line") func compare() throws {
        let first = try save(["a.txt": "1\n2\n3\n", "b.bin": "\u{0}", "gone": "x", "same": "s"])
        try store.makeRelease(of: .revision(first))
        try save(["a.txt": "1\nzwei\n3\n", "b.bin": "\u{0}\u{1}", "new": "y", "same": "s"])
        let sides = "from=release:app/1.0.0&to=bindle:app/1.0.0"
        let files = try send(.get, "/comparison?\(sides)").body
        #expect(texts(files, "files", "name") == ["a.txt", "b.bin", "gone", "new"])
        #expect(texts(files, "files", "change") == ["changed", "changed", "removed", "added"])
        #expect(files["same"]?.integer == 1 && files["total"]?.integer == 4 && files["about"] == [])
        #expect(try texts(send(.get, "/comparison?\(sides)&offset=2&limit=1").body, "files", "name") == ["gone"])

        let text = try send(.get, "/comparison/file?\(sides)&name=a.txt").body
        #expect(text["kind"] == "text" && text["from"]?.object?["size"]?.integer == 6)
        let lines = text["hunks"]?.array?.first?.object ?? [:]
        #expect(texts(lines, "lines", "change") == ["same", "removed", "added", "same"])
        #expect(texts(lines, "lines", "text") == ["1", "2", "zwei", "3"])
        let binary = try send(.get, "/comparison/file?\(sides)&name=b.bin").body
        #expect(binary["kind"] == "binary" && binary["hunks"] == nil && binary["same"] == .boolean(false))
        let new = try send(.get, "/comparison/file?\(sides)&name=new").body
        #expect(new["from"] == nil && new["hunks"]?.array?.count == 1)
        #expect(try send(.get, "/comparison/file?\(sides)&name=same").body["same"] == .boolean(true))
        try save(["a.txt": String(repeating: "1\n", count: 600_000)])
        #expect(try send(.get, "/comparison/file?\(sides)&name=a.txt").body["kind"] == "large")
        #expect(try send(.get, "/comparison?\(sides)").body["about"] == ["description"])
    }

    @Test("lists revisions, newest first, and brings one back") func revisions() throws {
        let first = try save(["a": "1"])
        try save(["a": "2"])
        let back = try send(.post, "/app/rollback", #"{"revision": \#(first)}"#)
        #expect(back.status == 200 && back.body["restores"]?.integer == first)
        let list = try send(.get, "/revisions").body["revisions"]?.array ?? []
        #expect(list.map { $0.object?["number"]?.integer } == [3, 2, 1])
        #expect(try send(.post, "/app/rollback", #"{"revision": 99}"#).status == 404)
    }

    @Test("finds bindles as one types") func bindles() throws {
        for id in ["app/1.0.0", "cookbook/2.0.0", "cookbook/1.0.0"] { try save(["a": "1"], id: id) }
        let found = try send(.get, "/bindles?text=book").body
        #expect(texts(found, "bindles", "id") == ["cookbook/1.0.0", "cookbook/2.0.0"])
        let page = try send(.get, "/bindles?offset=1&limit=1").body
        #expect(texts(page, "bindles", "id") == ["cookbook/1.0.0"] && page["total"]?.integer == 3)
    }

    @Test("A page of ten thousand releases is listed in milliseconds") func tenThousand() throws {
        let revision = try save(["a": "1"])
        for number in 0..<10_000 {
            try store.makeRelease(of: .revision(revision), version: SemanticVersion(1, 1, UInt64(number)))
        }
        let time = try ContinuousClock().measure { () throws in
            let page = try send(.get, "/releases?name=app&offset=9000&limit=100")
            #expect(page.body["total"]?.integer == 10_000 && page.body["releases"]?.array?.count == 100)
            #expect(try send(.get, "/releases?text=1.1.77").body["total"]?.integer == 111)
        }
        print("10,000 releases: two pages take \(time)")
        #expect(time < .seconds(2))
    }
}
