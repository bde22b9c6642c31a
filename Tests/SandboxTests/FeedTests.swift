import Archive
import Bindle
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@testable import ControlPage
@testable import Sandbox

@Suite("Feeding a sandbox")
struct FeedTests {
    let directory: TemporaryDirectory
    let scratch: String
    let store: BindleStore
    let description: APIDescription

    init() throws {
        directory = try TemporaryDirectory()
        scratch = directory.path + "/scratch"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        store = try BindleStore(path: directory.path + "/bindles.sqlite", isTemporary: true)
        description = try APIDescription(PageFile.description.bytes)
    }

    // MARK: - Requests

    /// What is answered, once it has been held against the API's document. Nothing may be left of what was on its way.
    private func send(
        _ target: String, _ body: [UInt8], type: String, upstream: BindleClient? = nil
    ) throws -> (status: Int, body: JSONObject) {
        let section = FeedSection(
            Feed(store: store, scratch: scratch) { upstream.map { ExternalBindles.Upstream(client: $0) } })
        let path = String(target.prefix { $0 != "?" })
        let request = ControlRequest(
            Request(method: .post, target: "/api/v1" + target, headers: ["Content-Type": type]),
            path: path.split(separator: "/").map(String.init), body: RequestBody(body))
        let (status, answer): (Int, JSONObject)
        do throws(ControlFailure) {
            let response = try section.respond(to: request)
            guard case .bytes(let bytes)? = response?.body else { return (0, [:]) }
            (status, answer) = (response?.status.code ?? 0, try! JSONValue(parsing: bytes).object ?? [:])
        } catch {
            (status, answer) = (error.status.code, ["error": .string(error.message)])
        }
        try description.check(status, Array(answer.serialized.utf8), to: "POST", path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [])
        return (status, answer)
    }

    private func drop(
        _ files: KeyValuePairs<String, String>, _ query: String = ""
    ) throws -> (status: Int, body: JSONObject) {
        try send("/feed/files" + query, try tar(files), type: "application/x-tar")
    }

    private func feed(_ body: JSONObject, upstream: BindleClient? = nil) throws -> (status: Int, body: JSONObject) {
        try send("/feed", Array(body.serialized.utf8), type: "application/json", upstream: upstream)
    }

    private func tar(_ files: KeyValuePairs<String, String>) throws -> [UInt8] {
        try TarArchive.bytes(of: files)
    }

    private func routes(_ answer: JSONObject) -> [String: String] {
        var routes: [String: String] = [:]
        for handler in answer["handlers"]?.array ?? [] {
            routes[handler.object?["module"]?.string ?? ""] = handler.object?["route"]?.string
        }
        return routes
    }

    private func notes(_ answer: JSONObject) -> [String] { answer["notes"]?.array?.compactMap(\.string) ?? [] }

    private func names(_ id: String) throws -> [String] {
        try store.invoice(BindleID(id)).parcels.map(\.label.name).sorted()
    }

    private func text(_ name: String, of id: String) throws -> String {
        let id = try BindleID(id)
        let label = try #require(try store.invoice(id).parcels.first { $0.label.name == name }?.label)
        return String(decoding: try store.parcel(label.sha256, of: id).readAll(), as: UTF8.self)
    }

    private static let module = #"(module (memory (export "memory") 1) (func (export "_start")))"#

    // MARK: - Files

    @Test("Files without HIPPOFACTS become a bundle: a single module answers all, and the rest are its files")
    func single() throws {
        let files: KeyValuePairs = [
            "My Shop/shop.wat": Self.module, "My Shop/index.html": "<h1>", "My Shop/img/a b.png": "png",
            "My Shop/.hidden": "h", "My Shop/img/.cache/b": "b",
        ]
        let trial = try drop(files, "?try=true")
        #expect(trial.status == 200 && trial.body["effect"] == nil && trial.body["inferred"] == .boolean(true))
        #expect(trial.body["bindle"] == "My-Shop/0.1.0" && routes(trial.body) == ["shop.wat": "/..."])
        #expect(try store.allIDs() == [])

        let fed = try drop(files)
        #expect(fed.status == 201 && fed.body["effect"] == "created")
        #expect(try names("My-Shop/0.1.0") == ["img/a b.png", "index.html", "shop.wat"])
        #expect(try text("index.html", of: "My-Shop/0.1.0") == "<h1>")
        // The same again is the same, something else the next version.
        #expect(try drop(files).body["effect"] == "unchanged")
        let next = try drop(["My Shop/shop.wat": Self.module])
        #expect(next.status == 201 && next.body["bindle"] == "My-Shop/0.1.1")
        let named = try drop(files, "?name=shop&version=2.0.0-a")
        #expect(named.status == 201 && named.body["bindle"] == "shop/2.0.0-a")
        #expect(try store.makeRelease(of: .bindle(BindleID("shop/2.0.0-a"))).effect == .created)
    }

    @Test("Of several modules each answers its path, and index the rest; without one there are files") func several()
        throws
    {
        let files = try drop(["index.wat": Self.module, "a b/c.wat": Self.module, "d.wat": Self.module, "x.txt": "x"])
        #expect(files.body["name"] == "app" && notes(files.body) == [])
        let same = try drop(["a.wat": Self.module, "b.wat": Self.module, "b.wasm": "\0asm\u{1}\0\0\0"])
        #expect(notes(same.body).first?.hasPrefix("The route '/b/...' matches no request:") == true, "\(same)")
        #expect(routes(files.body) == ["index.wat": "/...", "a b/c.wat": "/a%20b/c/...", "d.wat": "/d/..."])
        #expect(try drop(["counter.wat": Self.module, "x.txt": "x"]).body["name"] == "counter")
        let site = try drop(["page/index.html": "<h1>", "page/style.css": "h1 {}"])
        #expect(site.status == 201 && site.body["bindle"] == "page/0.1.0")
        #expect(try names("page/0.1.0").contains("style.css"))
    }

    @Test("HIPPOFACTS is honoured, and hippo-dev.toml and .env are ignored, which is said") func described() throws {
        let facts = """
            [bindle]
            name = "weather"
            version = "1.2.3"
            [[handler]]
            name = "hello.wat"
            route = "/hello"
            files = ["**/*"]
            """
        let files: KeyValuePairs = [
            "app/HIPPOFACTS": facts, "app/hello.wat": Self.module, "app/a.txt": "a", "app/.env": "SECRET=1",
            "app/hippo-dev.toml": "[up]\nbuild = 'touch /tmp/built'", "app/sub/.env": "SECRET=2",
            "app/.git/config": "g",
        ]
        let fed = try drop(files)
        #expect(fed.status == 201 && fed.body["bindle"] == "weather/1.2.3" && fed.body["inferred"] == .boolean(false))
        #expect(routes(fed.body) == ["hello.wat": "/hello"])
        #expect(notes(fed.body).contains { $0.hasPrefix("'app/hippo-dev.toml' is ignored") })
        #expect(notes(fed.body).contains { $0.hasPrefix("'app/sub/.env' is ignored") })
        let names = try names("weather/1.2.3")
        #expect(names.contains("a.txt") && !names.contains { $0.contains(".env") || $0.contains("hippo-dev") })

        // What is there stays, unless it is to be replaced.
        let other: KeyValuePairs = ["HIPPOFACTS": facts, "hello.wat": Self.module, "a.txt": "b"]
        let refused = try drop(other)
        #expect(refused.status == 409 && refused.body["error"]?.string?.contains("other content") == true)
        #expect(try text("a.txt", of: "weather/1.2.3") == "a")
        #expect(try drop(other, "?replace=true").body["effect"] == "replaced")
        #expect(try drop(other, "?version=1.2.4").body["bindle"] == "weather/1.2.4")
    }

    @Test("What is wrong with files is said, by the names that they were dropped with") func wrongFiles() throws {
        let missing = """
            [bindle]
            name = "a"
            version = "1.0.0"
            [[handler]]
            name = "MODULE"
            route = "/"
            """
        func facts(_ module: String) -> String { missing.replacingOccurrences(of: "MODULE", with: module) }
        for module in ["none.wat", "../../bindles.sqlite", "../x.wasm"] {
            let answer = try drop(["app/HIPPOFACTS": facts(module), "app/x": "x"])
            #expect(answer.status == 422, "\(module)")
            #expect(answer.body["error"]?.string?.contains(scratch) == false, "\(answer)")
        }
        #expect(try drop(["app/HIPPOFACTS": facts("/etc/passwd")]).status == 422)
        #expect(try drop(["HIPPOFACTS": "[bindle"]).body["error"]?.string?.hasPrefix("HIPPOFACTS:1:") == true)
        #expect(try drop(["a.wat": "(module"]).status == 422)
        #expect(try drop([:]).status == 422 && drop([".env": "A=1"]).status == 422)
        #expect(try drop(["a.wat": Self.module], "?name=a%00b").status == 400)
        #expect(try drop(["a.wat": Self.module], "?version=1").status == 400)
        #expect(try drop(["a.wat": Self.module], "?try=1").status == 400)
        #expect(try send("/feed/files", try tar(["a": "a"]), type: "application/gzip").status == 415)
        #expect(try store.allIDs() == [])
    }

    // MARK: - Hostile archives

    /// A header of a tar archive, with what a writer would not write.
    private func header(_ name: String, type: Character = "0", size: Int = 0, bytes: [UInt8]? = nil) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], at offset: Int) { header.replaceSubrange(offset..<offset + text.count, with: text) }
        put(bytes ?? Array(name.utf8), at: 0)
        put(Array("0000644\0".utf8), at: 100)
        let octal = String(size, radix: 8)
        put(Array((String(repeating: "0", count: 11 - octal.count) + octal + "\0").utf8), at: 124)
        put(Array("        ".utf8), at: 148)
        header[156] = type.asciiValue!
        put(Array("ustar\u{0}00".utf8), at: 257)
        if "12".contains(type) { put(Array("/etc/passwd".utf8), at: 157) }
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(Array((String(repeating: "0", count: 6 - sum.count) + sum).utf8) + [0, 0x20], at: 148)
        return header
    }

    @Test("Archives that mean harm are refused, and nothing is left of them") func hostile() throws {
        let end = [UInt8](repeating: 0, count: 1024)
        let block = [UInt8](repeating: 0x61, count: 512)
        let archives: [(String, [UInt8], Int)] = [
            ("a link", header("a", type: "2") + end, 422), ("a hard link", header("a", type: "1") + end, 422),
            ("a device", header("a", type: "3") + end, 422), ("a pipe", header("a", type: "6") + end, 422),
            ("an absolute path", header("/tmp/a", size: 512) + block + end, 422),
            ("a path that leads out", header("a/../../b", size: 512) + block + end, 422),
            ("a name twice", header("a") + header("a") + end, 422),
            ("a file below a file", header("a") + header("a/b") + end, 422),
            ("a file where a directory is", header("a/b") + header("a") + end, 422),
            ("a name that is not UTF-8", header("", bytes: [0x61, 0xFF]) + end, 422),
            ("a truncated file", header("a", size: 4096) + block, 422), ("no end", header("a"), 422),
            ("a truncated header", Array(header("a").prefix(300)), 422), ("nothing", [], 422),
            ("rubbish", block + block, 422), ("something after the end", header("a") + end + block, 422),
            ("too much", header("a", size: 2 << 30) + block, 413),
        ]
        for (name, archive, status) in archives {
            let answer = try send("/feed/files", archive, type: "application/x-tar")
            #expect(answer.status == status, "\(name): \(answer)")
        }
        #expect(try store.allIDs() == [])
        #expect(store.usageOfFiles == 0)
        #expect(FileManager.default.fileExists(atPath: "/tmp/a") == false)
    }

    // MARK: - Other servers

    /// A Bindle server, and a bindle in its store.
    private final class Server {
        let store: BindleStore
        let invoice: Invoice
        let url: String
        private let server: HTTP.Server

        init(in directory: String, yanked: Bool = false) throws {
            store = try BindleStore(path: directory + "/other.sqlite", isTemporary: true)
            let texts = ["one", String(repeating: "two", count: 50_000)]
            invoice = Invoice(
                bindle: .init(id: try BindleID("some/app/1.0.0+b")),
                parcels: texts.enumerated().map { number, text in
                    Parcel(
                        label: Label(
                            sha256: SHA256.hash(text.utf8).hex, mediaType: "text/plain", name: "file\(number)",
                            size: text.utf8.count))
                })
            _ = try store.save(invoice) { label in
                .bytes(Array(texts.first { $0.utf8.count == label.size }!.utf8))
            }
            if yanked { try store.yank(invoice.id) }
            let bindles = BindleServer(store: store, mode: .development, version: "1", trust: ServerTrust())
            server = HTTP.Server(
                socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: bindles.configuration(),
                handler: bindles.handler)
            try server.start()
            url = "http://\(server.address)/v1"
        }

        deinit { server.stop() }
    }

    @Test("A bindle is fetched by its ID and by its URL, once, with all its parcels") func fetch() throws {
        let server = try Server(in: directory.path)
        let id = server.invoice.id
        let unknown = try feed(["id": .string(id.description)])
        #expect(unknown.status == 404 && unknown.body["error"]?.string?.contains("--upstream") == true)
        let url: JSONObject = ["url": .string(server.url + "/_i/some/app/1.0.0%2Bb")]
        let fed = try feed(url)
        #expect(fed.status == 201 && fed.body["bindle"] == .string(id.description), "\(fed)")
        #expect(try store.missingParcels(of: id) == [] && store.invoice(id).parcels == server.invoice.parcels)
        #expect(try feed(url).body["effect"] == "unchanged")
        #expect(notes(try feed(["id": .string(id.description)]).body) == ["The store has \(id) already."])
        try store.delete(id)
        #expect(try feed(["id": .string(id.description)], upstream: BindleClient(baseURL: server.url)).status == 201)

        let absent = try feed(["url": .string(server.url + "/_i/none/1.0.0")])
        #expect(absent.status == 404)
        for text in ["ftp://a/b", "", "http://", server.url + "/_i/none", server.url + "/_i/%zz/1.0.0"] {
            #expect(try feed(["url": .string(text)]).status == 400, "\(text)")
        }
        #expect(try feed([:]).status == 400 && feed(["id": "a/1.0.0", "url": "http://a/"]).status == 400)
        #expect(try feed(["url": "http://127.0.0.1:1/a.tar.gz"]).status == 502)
    }

    @Test("What is yanked, incomplete, or something else than was asked for is not taken in") func refusedFetches()
        throws
    {
        let server = try Server(in: directory.path, yanked: true)
        #expect(try feed(["url": .string(server.url + "/_i/\(server.invoice.id)")]).status == 422)
        let upstream = try BindleStore(path: directory.path + "/incomplete.sqlite", isTemporary: true)
        _ = try upstream.create(server.invoice, mode: .development)
        let bindles = BindleServer(store: upstream, mode: .development, version: "1", trust: ServerTrust())
        let incomplete = HTTP.Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: bindles.configuration(),
            handler: bindles.handler)
        try incomplete.start()
        defer { incomplete.stop() }
        let answer = try feed(["url": .string("http://\(incomplete.address)/v1/_i/\(server.invoice.id)")])
        #expect(answer.status == 502, "\(answer)")
        let text =
            "HTTP/1.1 200 OK\r\nContent-Type: application/toml\r\nContent-Length: 4\r\nConnection: close\r\n\r\n[[[["
        let liar = try ScriptedServer(answer: text)
        #expect(try feed(["url": .string("http://127.0.0.1:\(liar.port)/v1/_i/a/1.0.0")]).status == 502)
        #expect(try store.allIDs(includingYanked: true) == [])
    }

    @Test("A packed standalone bindle is fetched from any server, whole or not at all") func archive() throws {
        let server = try Server(in: directory.path)
        let file = directory.path + "/bindle.tar.gz"
        let client = try BindleClient(baseURL: server.url)
        let id = server.invoice.id
        let bindle = try StandaloneBindle.write(server.invoice, in: directory.path + "/standalone") { label, receive in
            try client.parcel(label, of: id, receive: receive)
        }
        try bindle.pack(to: file)
        let packed = try Array(Data(contentsOf: URL(fileURLWithPath: file)))
        func fetch(_ bytes: [UInt8], status: Status = .ok) throws -> (status: Int, body: JSONObject) {
            let files = HTTP.Server(
                socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: ServerConfiguration()
            ) { _, _, writer in try writer.respond(Response(status: status, headers: [:], body: .bytes(bytes))) }
            try files.start()
            defer { files.stop() }
            return try feed(["url": .string("http://\(files.address)/some/bindle.tar.gz")])
        }
        #expect(try fetch(packed, status: .notFound).status == 502)
        for bytes in [Array(packed.dropLast(20)), packed + [0], [], Array("<html>".utf8)] {
            let answer = try fetch(bytes)
            #expect(answer.status == 422 && answer.body["error"]?.string?.contains(scratch) == false, "\(answer)")
        }
        #expect(try store.allIDs() == [])
        #expect(try fetch(packed).status == 201)
        #expect(try store.missingParcels(of: id) == [])
        // Dropped, it is the same bindle.
        try store.delete(id)
        var archive: [UInt8] = []
        let writer = TarWriter { archive += $0 }
        try writer.begin(TarEntry(path: "bindle.tar.gz", kind: .file, size: Int64(packed.count)))
        try packed.withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        let dropped = try send("/feed/files?try=true", archive, type: "application/x-tar")
        #expect(dropped.status == 200 && dropped.body["bindle"] == .string(id.description), "\(dropped)")
        #expect(try send("/feed/files", archive, type: "application/x-tar").status == 201)
        #expect(try send("/feed/files?version=2.0.0", archive, type: "application/x-tar").body["version"] == "2.0.0")
        #expect(try drop(["bindle.tar.gz": "no archive"]).status == 422)
        try store.delete(BindleID(name: id.name, version: SemanticVersion(2, 0, 0)))
        // One that lacks a parcel.
        try FileManager.default.removeItem(atPath: bindle.parcelPath(server.invoice.parcels[0].label.sha256))
        try bindle.pack(to: file)
        try store.delete(id)
        let lacking = try Array(Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(try fetch(lacking).status == 422)
        #expect(try store.allIDs() == [])
    }

    @Test("A bomb is refused as it goes off, and a redirect is followed a few times only") func bomb() throws {
        var packed: [UInt8] = []
        let gzip = try GzipWriter { packed += $0 }
        let tar = TarWriter { try gzip.write($0) }
        let size = 200 << 20
        try tar.begin(TarEntry(path: "bomb/invoice.toml", kind: .file, size: Int64(size)))
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<size >> 20 { try zeros.withUnsafeBytes { try tar.write($0) } }
        try tar.finish()
        try gzip.finish()
        let bytes = packed
        let files = HTTP.Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: ServerConfiguration()
        ) { request, _, writer in
            let isThere = request.path == "/bomb.tar.gz"
            let next = request.path == "/once.tar.gz" ? "/bomb.tar.gz" : request.path + "x"
            try writer.respond(
                isThere
                    ? Response(body: .bytes(bytes))
                    : Response(status: .found, headers: ["Location": next], body: .bytes([])))
        }
        try files.start()
        defer { files.stop() }
        for name in ["bomb", "once"] {
            let answer = try feed(["url": .string("http://\(files.address)/\(name).tar.gz")])
            #expect(answer.status == 422 && answer.body["error"]?.string?.contains("attack") == true, "\(answer)")
        }
        #expect(try feed(["url": .string("http://\(files.address)/ever.tar.gz")]).status == 502)
        #expect(try store.allIDs() == [])
    }

    @Test("Redirects lead nowhere near, unless one is there already, and never away from TLS") func redirects() throws {
        func allows(_ from: String, _ to: String) throws -> Bool {
            try FeedURL.allowsRedirect(from: HTTPURL(from))(HTTPURL(to))
        }
        let near = [
            "http://127.0.0.1:8080/", "http://localhost/", "http://a.localhost/", "http://10.1.2.3/",
            "http://192.168.0.1/",
            "http://172.31.0.1/", "http://169.254.169.254/", "http://[::1]/", "http://[fe80::1]/", "http://[fd00::1]/",
            "http://[::ffff:10.0.0.1]/", "http://0.0.0.0/",
        ]
        for target in near {
            #expect(try !allows("http://192.0.2.1/", target), "\(target)")
            #expect(try allows("http://127.0.0.1:3000/", target), "\(target)")
        }
        #expect(
            try allows("http://192.0.2.1/", "https://198.51.100.1/") && allows("http://127.0.0.1/", "http://192.0.2.1/")
        )
        #expect(try !allows("https://192.0.2.1/", "http://198.51.100.1/"))
        #expect(
            try !allows("http://192.0.2.1/", "http://172.16.0.1/") && allows("http://192.0.2.1/", "http://172.32.0.1/"))
    }
}

extension BindleStore {
    /// How many contents it has.
    fileprivate var usageOfFiles: Int { (try? usage().parcels) ?? -1 }
}
