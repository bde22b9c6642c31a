import HTTP
import TOML
import TestSupport
import Testing

@testable import Bindle

@Suite("What a Bindle server has ready")
struct ServedInvoiceTests {
    @Test("is within other documents what the writer of TOML makes of it") func withinDocuments() throws {
        let invoice = try Invoice(toml: fullInvoice)
        let stored = StoredInvoice(text: invoice.encoded(as: .toml), tailStart: 0, digests: [], time: 0)
        let served = ServedInvoice(invoice.id, stored, isYanked: false, signature: nil)
        var text = Array("[[invoices]]\n".utf8)
        served.append(toToml: &text, under: "invoices")
        #expect(text == DocumentEncoding.toml.encode(TOMLTable(["invoices": TOMLValue([invoice.table])])))
        text = Array("[invoice]\n".utf8)
        served.append(toToml: &text, under: "invoice")
        #expect(text == DocumentEncoding.toml.encode(TOMLTable(["invoice": TOMLValue(invoice.table)])))
    }

    @Test("tells invoices apart by their bytes in each format, and has them asked for each time")
    func entityTags() throws {
        let server = try RunningServer(.development)
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", "one").toml)
        let toml = try server.get("/_i/app/1.0.0")
        let json = try server.get("/_i/app/1.0.0", headers: ["Accept": "application/json"])
        let tag = try #require(toml.headers["ETag"])
        #expect(tag == "\"\(SHA256.hash(toml.bytes).hex)\"")
        #expect(json.headers["ETag"] == "\"\(SHA256.hash(json.bytes).hex)\"")
        for answer in [toml, json] {
            #expect(answer.headers["Vary"] == "Accept" && answer.headers["Cache-Control"] == "no-cache")
        }
        // Twice. The second is the answer that is ready.
        for _ in 0..<2 {
            let same = try server.get("/_i/app/1.0.0", headers: ["If-None-Match": tag])
            #expect(same.status == 304 && same.bytes.isEmpty && same.headers["ETag"] == tag)
        }
        #expect(
            try server.get("/_i/app/1.0.0", headers: ["If-None-Match": tag, "Accept": "application/json"]).status == 200
        )
        let new = try Samples.invoice("app/1.0.0", "two")
        _ = try server.post("/_i", new.toml)
        let changed = try server.get("/_i/app/1.0.0", headers: ["If-None-Match": tag])
        #expect(changed.status == 200 && changed.text == new.toml)
    }

    @Test("is in the answer to its upload what it is when it is read") func creation() throws {
        let directory = try TemporaryDirectory()
        let store = try BindleStore(path: directory.path + "/bindles.sqlite")
        var other = try Samples.invoice("app/1.0.0", "one", "two", "three", description: "Two \"shapes\"")
        other.parcels = ParcelList(
            other.parcels.enumerated().map { index, parcel in
                var parcel = parcel
                parcel.label.annotations = ["a": "\(index / 2)"]
                return parcel
            })
        for (invoice, effect) in [
            (try Invoice(toml: fullInvoice), CreationEffect.created), (other, .created),
            (other, .unchanged), (try Samples.invoice("app/1.0.0", "three", "one"), .replaced),
        ] {
            let creation = try store.create(invoice, mode: .development)
            #expect(creation.effect == effect)
            let (stamp, stored) = try store.storedInvoice(invoice.id, revision: nil) { _ in false }
            #expect(creation.stamp == stamp && creation.invoice == stored)
        }
    }

    @Test("is what the store has now, after every kind of change", arguments: BindleServerTests.modes)
    func changes(mode: BindleStore.Mode) throws {
        let server = try RunningServer(mode)
        func total() throws -> Int64? { try server.get("/_q?q=app").document()["total"]?.integer }
        for round in 0..<2 {
            #expect(try server.get("/_i/app/\(round).0.0").status == 404)
            #expect(try total() == (mode == .immutable ? 0 : 0))
            _ = try server.post("/_i", Samples.invoice("app/\(round).0.0").toml)
            for _ in 0..<2 {
                #expect(try server.get("/_i/app/\(round).0.0").status == 200)
                #expect(try total() == 1)
            }
            _ = try server.delete("/_i/app/\(round).0.0")
            #expect(try server.get("/_i/app/\(round).0.0").status == (mode == .immutable ? 403 : 404))
        }
    }

    @Test("is for nobody else than what is asked of the store") func authentication() throws {
        let server = try RunningServer(.development, authentication: ServerAuthentication(tokens: ["secret"]))
        let headers: Headers = ["Authorization": "Bearer secret"]
        _ = try server.store.create(Samples.invoice("app/1.0.0"), mode: .development)
        for path in ["/_i/app/1.0.0", "/_q?q=app"] {
            for _ in 0..<2 { #expect(try server.get(path, headers: headers).status == 200) }
            #expect(try server.get(path).status == 401)
            #expect(try server.get(path, headers: ["Authorization": "Bearer other"]).status == 401)
            let head = "GET /v1\(path) HTTP/1.1\r\nAuthorization: Bearer secret\r\nHost: evil.example\r\n\r\n"
            #expect(try server.exchange(head, until: "\r\n\r\n").hasPrefix("HTTP/1.1 421 "))
        }
    }

    @Test("has parcels that never change, in ranges too") func parcels() throws {
        let server = try RunningServer(.development)
        let contents = ["0123456789", String(repeating: "0123456789", count: 200_000)]
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", contents[0], contents[1]).toml)
        for content in contents {
            let path = "/_i/app/1.0.0@\(Samples.digest(content))"
            _ = try server.post(path, content)
            let whole = try server.get(path)
            #expect(whole.text == content)
            #expect(whole.headers["ETag"] == "\"\(Samples.digest(content))\"")
            #expect(whole.headers["Cache-Control"]?.contains("immutable") == true)
            #expect(whole.headers["Accept-Ranges"] == "bytes")
            let part = try server.get(path, headers: ["Range": "bytes=2-4"])
            #expect(part.status == 206 && part.text == "234")
            #expect(part.headers["Content-Range"] == "bytes 2-4/\(content.utf8.count)")
            #expect(try server.get(path, headers: ["Range": "bytes=\(content.utf8.count)-"]).status == 416)
            let tag = whole.headers["ETag"] ?? ""
            #expect(try server.get(path, headers: ["If-None-Match": tag]).status == 304)
        }
    }

    @Test("is bounded, and keeps what was used last") func bounded() {
        var cache = BoundedCache<Int, Int>(costLimit: 100, largest: 60)
        cache.insert(0, at: 0, cost: 61)
        #expect(cache.value(of: 0) == nil)
        for number in 1...10 { cache.insert(number, at: number, cost: 10) }
        #expect(cache.value(of: 1) == 1)
        cache.insert(11, at: 11, cost: 10)
        #expect(cache.value(of: 1) == 1 && cache.value(of: 11) == 11)
        #expect(cache.value(of: 2) == nil && cache.value(of: 3) == nil)
    }

    @Test("is let go with the generation that it holds for") func generations() {
        var cache = GenerationCache<Int, Int>(costLimit: 100, largest: 100)
        for number in 1...3 { cache.insert(number, at: number, cost: 1, generation: 7) }
        #expect(cache.value(of: 1, generation: 7) == 1 && cache.count == 3)
        #expect(cache.value(of: 1, generation: 8) == nil && cache.count == 0)
        // Somebody who has begun before the change comes late.
        cache.insert(1, at: 1, cost: 1, generation: 7)
        #expect(cache.count == 0 && cache.value(of: 1, generation: 7) == nil)
        cache.insert(2, at: 2, cost: 1, generation: 9)
        #expect(cache.value(of: 2, generation: 9) == 2)
    }

    @Test("is no more after bindles have come, been asked for, changed, and gone than before") func comingAndGoing()
        throws
    {
        let server = try RunningServer(.development)
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", "one").toml)
        for number in 0..<50 {
            let path = "/_i/passing/\(number).0.0"
            for content in ["one", "two"] {
                _ = try server.post("/_i", Samples.invoice("passing/\(number).0.0", content).toml)
                for accept in ["application/toml", "application/json"] {
                    #expect(try server.get(path, headers: ["Accept": accept]).status == 200)
                }
                #expect(try server.get("/_q?q=\(number)").status == 200)
            }
            #expect(try server.delete(path).status == 200)
            #expect(try server.get(path).status == 404)
        }
        #expect(try server.get("/_i/app/1.0.0").status == 200)
        #expect(server.bindles.invoices.count == 1)
        #expect(server.bindles.readyAnswers.count == 1)
    }
}

@Suite("A search at a Bindle server")
struct SearchTests {
    let server: RunningServer

    init() throws {
        server = try RunningServer(.immutable)
        for (id, description) in [
            ("cookbook/1.0.0", "Dishes"), ("bookshelf/2.0.0", "Boards"), ("shop/1.0.0", "Sells a book"),
            ("shop/1.1.0", "Sells a BOOK"), ("other/1.0.0", "Nothing"),
        ] {
            _ = try server.store.create(Samples.invoice(id, description: description), mode: .immutable)
        }
    }

    private func ids(_ parameters: String) throws -> [String] {
        let table = try server.get("/_q?\(parameters)").document()
        return table["invoices"]?.array?.compactMap { value in
            let bindle = value.table?["bindle"]?.table
            return "\(bindle?["name"]?.string ?? "")/\(bindle?["version"]?.string ?? "")"
        } ?? []
    }

    @Test("finds parts of names first, then words of descriptions") func standard() throws {
        #expect(try ids("q=book") == ["bookshelf/2.0.0", "cookbook/1.0.0", "shop/1.0.0", "shop/1.1.0"])
        #expect(try ids("q=book&strict=true") == ["bookshelf/2.0.0", "cookbook/1.0.0"])
        #expect(try ids("q=Book&strict=true") == [])
        #expect(try ids("q=book&v=%5E1.0.0") == ["cookbook/1.0.0", "shop/1.0.0", "shop/1.1.0"])
        #expect(try ids("q=ook+dish") == ["cookbook/1.0.0"])
    }

    @Test("with the limit 0 finds everything from the offset on, and ends") func limitZero() throws {
        for (offset, count) in [(0, 5), (2, 3), (5, 0), (9, 0)] {
            let document = try server.get("/_q?l=0&o=\(offset)").document()
            #expect(document["invoices"]?.array?.count == count)
            #expect(document["more"]?.boolean == false && document["total"]?.integer == 5)
        }
    }

    @Test("ends, whatever the limit", arguments: [0, 1, 2, 255]) func ends(limit: Int) throws {
        let client = try BindleClient(baseURL: server.url)
        var query = BindleQuery(limit: limit)
        var seen: [BindleID] = []
        for _ in 0..<10 {
            let page = try client.find(query)
            seen += page.invoices.map(\.id)
            query.offset += page.matches.count
            guard page.hasMore else { break }
        }
        #expect(seen.count == 5 && Set(seen).count == 5)
    }
}
