import Bindle
import Foundation
import HTTP
import TestSupport
import Testing
import WebAssemblyText

@testable import WAGI

/// Bindles behind HTTP: their handlers, and their files.
struct BindleServingTests {
    /// Prints `/note.txt`, or the error number with which it cannot be opened; writes it first if asked to by a query.
    private static let reader = Guest.text(
        """
        \(Guest.data("status: 200\n\n", at: 65536))
        \(Guest.data("note.txt", at: 66000))
        \(Guest.data("changed", at: 66100))
        \(Guest.data("refused", at: 66200))
        (func (export "_start")
          (call $print (i32.const 65536))
          (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
          (if (i32.gt_u (i32.load (i32.const 16)) (i32.const 1))
            (then
              (if (call $open (i32.const 66000) (i32.const 8) (i64.const 64))
                (then (call $print (i32.const 66200)))
                (else (call $write (i32.load (i32.const 24)) (i32.const 66100) (i32.const 7))))))
          (if (call $open (i32.const 66000) (i32.const 0) (i64.const 2))
            (then (call $print (i32.const 66200)))
            (else (call $copy (i32.load (i32.const 24))))))
        """)

    @Test("Handlers and their files") func handlersAndTheirFiles() throws {
        let bindle = try TestBindle([
            .handler("reader.wasm", Self.reader, route: "/read", requires: ["r"]),
            .handler("bare.wasm", Self.reader, route: "/bare"),
            .asset("note.txt", "a note", memberOf: ["r"]),
            .asset("pages/index.html", "<p>page", memberOf: ["r"]),
            .asset("unrelated.txt", "unrelated", memberOf: ["other"]),
        ])
        let app = try bindle.serve()
        #expect(try app.get("/read").body == "a note")
        // Whoever has no files has no directory.
        #expect(try app.get("/bare").body == "refused")
        // What no handler takes is looked up among the files.
        #expect(try app.get("/note.txt").body == "a note")
        #expect(try app.get("/pages/").body == "<p>page")
        #expect(try app.get("/pages/").headers["Content-Type"]?.hasPrefix("text/html") == true)
        #expect(try app.get("/unrelated.txt").status == 404)
        #expect(try app.get("/../reader.wasm").status == 404)
    }

    @Test("Files may be kept from clients") func filesMayBeKeptFromClients() throws {
        let bindle = try TestBindle([
            .handler("reader.wasm", Self.reader, route: "/read", requires: ["r"]),
            .asset("note.txt", "a note", memberOf: ["r"]),
        ])
        let app = try bindle.serve { $0.servesStaticFiles = false }
        #expect(try app.get("/read").body == "a note")
        #expect(try app.get("/note.txt").status == 404)
    }

    @Test("Files are read only unless they are copies") func filesAreReadOnlyUnlessTheyAreCopies() throws {
        let bindle = try TestBindle([
            .handler("reader.wasm", Self.reader, route: "/read", requires: ["r"]),
            .asset("note.txt", "a note", memberOf: ["r"]),
        ])
        #expect(try bindle.serve().get("/read?write").body == "refuseda note")
        let app = try bindle.serve { $0.allowsTransientWrite = true }
        #expect(try app.get("/read?write").body == "changed")
        let full = try bindle.serve {
            $0.allowsTransientWrite = true
            $0.maximumTransientBytes = 1
        }
        #expect(try full.get("/read?write").body != "changed")
        // Another process, or another revision, has what the bindle says.
        #expect(try bindle.serve().get("/read").body == "a note")
        #expect(try bindle.serve { $0.allowsTransientWrite = true }.get("/read").body == "a note")
    }

    @Test(
        "Hostile names are refused",
        arguments: [
            "../x", "/x", "a/../../x", "a/.", "./", "", "a/", "x\u{0}y", String(repeating: "n", count: 256),
        ])
    func hostileNamesAreRefused(name: String) throws {
        guard !name.isEmpty, !name.utf8.contains(0) else { return }
        let bindle = try TestBindle([
            .handler("reader.wasm", Self.reader, route: "/read", requires: ["r"]),
            .asset(name, "hostile", memberOf: ["r"]),
        ])
        let error = try #require(throws: LoadError.self) { try bindle.serve() }
        #expect(error.message.contains("would leave the wwwroot"))
    }

    @Test(
        "Names that contradict each other are refused",
        arguments: [
            ([("a", "1"), ("a", "2")], "two assets named 'a'"), ([("a", "1"), ("a/b", "2")], "a directory of another"),
            ([("a/b", "1"), ("a", "2")], "a directory of another"),
        ])
    func namesThatContradictEachOtherAreRefused(files: [(String, String)], message: String) throws {
        let bindle = try TestBindle(
            [.handler("reader.wasm", Self.reader, route: "/read", requires: ["r"])]
                + files.map { .asset($0.0, $0.1, memberOf: ["r"]) })
        let error = try #require(throws: LoadError.self) { try bindle.serve() }
        #expect(error.message.contains(message))
    }

    @Test("Groups are followed transitively") func groupsAreFollowedTransitively() throws {
        let bindle = try TestBindle([
            .handler("reader.wasm", Self.reader, route: "/read", requires: ["one"]),
            .asset("first.txt", "1", memberOf: ["one"], requires: ["two"]),
            .asset("note.txt", "from two", memberOf: ["two"]),
        ])
        #expect(try bindle.serve().get("/read").body == "from two")
    }

    @Test("Features of a handler") func featuresOfAHandler() throws {
        let module = Guest.text(
            """
            \(Guest.data("status: 200\n\n", at: 65536))
            (func (export "other") (call $print (i32.const 65536)) (call $print-arguments))
            """)
        let bindle = try TestBindle([
            .handler(
                "m.wasm", module, route: "/x",
                feature: ["entrypoint": "other", "argv": "program ${ARGS}", "allowed_hosts": "http://a, http://b"])
        ])
        #expect(try bindle.serve().get("/x?1&2").body == "program\n1\n2\n")
        let definition = try BindleApplication.definition(bindle.invoice.parcels[0].label, hasAssets: false)
        #expect(definition.allowedHosts == ["http://a", "http://b"])
    }

    @Test("A concurrency that is no number is refused", arguments: ["-1", "many", "1.5", "1000001", ""])
    func aConcurrencyThatIsNoNumberIsRefused(text: String) throws {
        let bindle = try TestBindle([
            .handler("m.wasm", Self.reader, route: "/x", feature: ["http_max_concurrency": text])
        ])
        let error = try #require(throws: LoadError.self) { try bindle.serve() }
        #expect(error.message.contains("http_max_concurrency") && error.message.contains("'\(text)'"))
    }

    @Test("A bindle without handlers is refused") func aBindleWithoutHandlersIsRefused() throws {
        let bindle = try TestBindle([.asset("note.txt", "a note", memberOf: [])])
        let error = try #require(throws: LoadError.self) { try bindle.serve() }
        #expect(error.message.contains("has no handler"))
    }

    @Test("A server is fetched from") func aServerIsFetchedFrom() throws {
        let bindle = try TestBindle([
            .handler("reader.wasm", Self.reader, route: "/read", requires: ["r"]),
            .asset("note.txt", "a note", memberOf: ["r"]),
        ])
        let directory = try TemporaryDirectory()
        let store = try BindleStore(path: "\(directory.path)/bindles.sqlite")
        let bindleServer = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)),
            handler: BindleServer(store: store, mode: .development, version: "1").handler)
        try bindleServer.start()
        defer { bindleServer.stop() }
        let client = try BindleClient(baseURL: "http://\(bindleServer.address)/v1")
        for label in try client.create(bindle.invoice).missing {
            try client.upload(label, to: bindle.invoice.id, body: .bytes(bindle.contents[label.sha256] ?? []))
        }
        let cache = try TemporaryDirectory()
        for _ in 0..<2 {
            let app = try ServedApplication(try TemporaryDirectory(), { $0.cacheDirectory = cache.path }) {
                try Application(bindle: bindle.invoice.id, from: client, configuration: $0)
            }
            #expect(try app.get("/read").body == "a note")
        }
        // Nothing stays but the parcels.
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache.path) == ["parcels"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(cache.path)/parcels").count == 2)
        let absent = try BindleID("absent/1.0.0")
        let error = try #require(throws: LoadError.self) {
            try Application(bindle: absent, from: client, configuration: WAGIConfiguration())
        }
        #expect(error.message.contains("the bindle absent/1.0.0 cannot be fetched"))
    }

    @Test("A parcel of wrong content is refused") func aParcelOfWrongContentIsRefused() throws {
        var bindle = try TestBindle([
            .handler("reader.wasm", Self.reader, route: "/read", requires: ["r"]),
            .asset("note.txt", "a note", memberOf: ["r"]),
        ])
        let digest = SHA256.hash("a note".utf8).hex
        bindle.contents[digest] = Array("a nota".utf8)
        let error = try #require(throws: LoadError.self) { try bindle.serve() }
        #expect(error.message.contains("the parcel 'note.txt' of test/1.0.0 cannot be fetched"))
    }

    @Test("Garbage in the cache is fetched anew: of the same size, of another one, or removed while it is served")
    func damagedCache() throws {
        let bindle = try TestBindle([
            .handler("reader.wasm", Self.reader, route: "/read", requires: ["r"]),
            .asset("note.txt", "a note", memberOf: ["r"]),
        ])
        let cache = try TemporaryDirectory()
        _ = try bindle.serve { $0.cacheDirectory = cache.path }
        for (digest, bytes) in bindle.contents { try cache.write(Data(count: bytes.count), to: "parcels/\(digest)") }
        let app = try bindle.serve { $0.cacheDirectory = cache.path }
        #expect(try app.get("/read").body == "a note")
        for (digest, bytes) in bindle.contents {
            #expect(try Data(contentsOf: cache.url.appendingPathComponent("parcels/\(digest)")) == Data(bytes))
        }
        try cache.write("", to: "parcels/\(SHA256.hash("a note".utf8).hex)")
        #expect(try app.get("/read").body == "a note")
        try FileManager.default.removeItem(atPath: "\(cache.path)/parcels/\(SHA256.hash("a note".utf8).hex)")
        #expect(try app.get("/note.txt").body == "a note")
    }

    @Test("Parcels that edits leave behind go with time") func parcelsThatEditsLeaveBehindGoWithTime() throws {
        let bindle = try TestBindle([.handler("reader.wasm", Self.reader, route: "/read")])
        let cache = try TemporaryDirectory()
        let app = try bindle.serve { $0.cacheDirectory = cache.path }
        let old = try cache.write("old", to: "parcels/\(String(repeating: "0", count: 64))")
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: old.path)
        try cache.write("new", to: "parcels/\(String(repeating: "1", count: 64))")
        app.server.application.removeUnusedParcels()
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(cache.path)/parcels")
        #expect(Set(left) == [bindle.invoice.parcels[0].label.sha256, String(repeating: "1", count: 64)])
    }

    @Test("What killed processes left is removed") func whatKilledProcessesLeftIsRemoved() throws {
        let parent = try TemporaryDirectory()
        // No process has this number: it is beyond what the kernel gives.
        let abandoned = "hippo-dev-wagi-99999999-abcdef"
        let living = "hippo-dev-wagi-\(getpid())-abcdef"
        try parent.write("x", to: "\(abandoned)/wwwroot/x")
        try parent.write("x", to: "\(living)/wwwroot/x")
        let directory = try PrivateDirectory(in: parent.path)
        let names = try FileManager.default.contentsOfDirectory(atPath: parent.path)
        #expect(!names.contains(abandoned))
        #expect(names.contains(living))
        #expect(names.count == 2)
        withExtendedLifetime(directory) {}
    }
}

/// A bindle made in a test, served as a standalone one.
private struct TestBindle {
    enum Part {
        case handler(String, String, route: String, requires: [String] = [], feature: [String: String] = [:])
        case asset(String, String, memberOf: [String], requires: [String] = [])
    }

    let invoice: Invoice
    /// By digest.
    var contents: [String: [UInt8]] = [:]

    init(_ parts: [Part]) throws {
        var parcels: [Parcel] = []
        for part in parts {
            let bytes: [UInt8]
            let parcel: Parcel
            switch part {
            case .handler(let name, let text, let route, let requires, let feature):
                bytes = try assemble(text)
                parcel = Parcel(
                    label: Label(
                        sha256: SHA256.hash(bytes).hex, mediaType: "application/wasm", name: name, size: bytes.count,
                        feature: ["wagi": feature.merging(["route": route, "file": "false"]) { $1 }]),
                    conditions: Conditions(requires: requires))
            case .asset(let name, let text, let memberOf, let requires):
                bytes = Array(text.utf8)
                parcel = Parcel(
                    label: Label(
                        sha256: SHA256.hash(bytes).hex, mediaType: "text/plain", name: name, size: bytes.count,
                        feature: ["wagi": ["file": "true"]]),
                    conditions: Conditions(memberOf: memberOf, requires: requires))
            }
            contents[parcel.label.sha256] = bytes
            parcels.append(parcel)
        }
        let groups = Set(parcels.flatMap { $0.memberOf + $0.requires }).sorted().map { Group(name: $0) }
        invoice = Invoice(
            bindle: Invoice.Description(id: try BindleID("test/1.0.0")), parcels: parcels, groups: groups)
    }

    func serve(_ configure: (inout WAGIConfiguration) -> Void = { _ in }) throws -> ServedApplication {
        let directory = try TemporaryDirectory()
        let bindle = StandaloneBindle.directory(of: invoice.id, in: directory.path)
        try FileManager.default.createDirectory(atPath: "\(bindle)/parcels", withIntermediateDirectories: true)
        try invoice.toml.write(toFile: "\(bindle)/invoice.toml", atomically: true, encoding: .utf8)
        for (digest, bytes) in contents {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(bindle)/parcels/\(digest).dat"))
        }
        return try ServedApplication(directory, configure) {
            try Application(
                bindle: invoice.id, from: StandaloneBindleDirectory(path: directory.path), configuration: $0)
        }
    }
}
