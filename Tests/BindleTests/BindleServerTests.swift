import HTTP
import TOML
import TestSupport
import Testing

import Bindle

/// The rows of the protocol's table that are the same in both modes.
@Suite("A Bindle server")
struct BindleServerTests {
    static let modes: [BindleStore.Mode] = [.development, .immutable]

    @Test("creates an invoice: 202 while parcels are missing, 201 when none is", arguments: modes)
    func createsAnInvoice202WhileParcelsAreMissing201WhenNoneIs(mode: BindleStore.Mode) throws {
        let server = try RunningServer(mode)
        let first = try Samples.invoice("ex.com/app/1.0.0", "one", "two")
        let answer = try server.post("/_i", first.toml)
        #expect(answer.status == 202)
        #expect(answer.headers["Content-Type"] == "application/toml")
        let document = try answer.document()
        #expect(try Invoice(#require(document["invoice"]?.table)) == first)
        #expect(document["missing"]?.array?.count == 2)

        #expect(try server.post("/_i/ex.com/app/1.0.0@\(Samples.digest("one"))", "one").status == 200)
        let second = try server.post("/_i", Samples.invoice("ex.com/app/1.1.0", "one").toml)
        #expect(second.status == 201)
        #expect(try second.document().keys == ["invoice"])
    }

    @Test("takes invoices in JSON, and answers in JSON who asks for it")
    func takesInvoicesInJSONAndAnswersInJSONWhoAsksForIt() throws {
        let server = try RunningServer(.immutable)
        let invoice = try Samples.invoice("app/1.0.0", "one")
        let json = String(decoding: invoice.encoded(as: .json), as: UTF8.self)
        let answer = try server.send(
            .post, "/_i", headers: ["Content-Type": "application/json; charset=utf-8", "Accept": "application/json"],
            body: .bytes(Array(json.utf8)))
        #expect(answer.status == 202)
        #expect(answer.headers["Content-Type"] == "application/json")
        #expect(try Invoice(#require(try answer.document()["invoice"]?.table)) == invoice)
    }

    @Test(
        "answers in the first encoding that is accepted, or TOML",
        arguments: [
            (nil, "toml"), ("*/*", "toml"), ("application/json", "json"), ("text/html, text/json;q=0.5", "json"),
            ("application/toml, application/json", "toml"), ("application/json, application/toml", "json"),
            ("*/*, application/json", "toml"), ("application/json;q=0", "toml"), ("image/png", "toml"),
        ] as [(String?, String)])
    func answersInTheFirstEncodingThatIsAcceptedOrTOML(accept: String?, subtype: String) throws {
        let server = try RunningServer(.development)
        var headers = Headers()
        headers["Accept"] = accept
        let answer = try server.get("/_i/nothing/1.0.0", headers: headers)
        #expect(answer.status == 404)
        #expect(answer.headers["Content-Type"] == "application/\(subtype)")
        #expect(try answer.document()["error"]?.string == "there is no bindle nothing/1.0.0")
    }

    @Test(
        "refuses a malformed invoice with 400 and a reason",
        arguments: [
            ("this is not TOML", "application/toml"), ("{", "application/json"),
            ("bindleVersion = \"1.0.0\"", "application/toml"), ("bindleVersion = \"1.0.0\"", "image/png"),
            ("bindleVersion = \"1.0.0\"\n[bindle]\nname = \"a\"\nversion = \"1\"", "application/toml"),
            ("bindleVersion = \"1.0.0\"\nfoo = 1\n[bindle]\nname = \"a\"\nversion = \"1.0.0\"", "application/toml"),
        ])
    func refusesAMalformedInvoiceWith400AndAReason(text: String, type: String) throws {
        let server = try RunningServer(.development)
        let answer = try server.post("/_i", text, type: type)
        #expect(answer.status == 400)
        #expect(try answer.document()["error"]?.string?.isEmpty == false)
    }

    @Test("refuses an invoice that is yanked with 422", arguments: modes)
    func refusesAnInvoiceThatIsYankedWith422(mode: BindleStore.Mode) throws {
        let server = try RunningServer(mode)
        var invoice = try Samples.invoice("app/1.0.0")
        invoice.isYanked = true
        #expect(try server.post("/_i", invoice.toml).status == 422)
    }

    @Test("gives out invoices", arguments: modes)
    func givesOutInvoices(mode: BindleStore.Mode) throws {
        let server = try RunningServer(mode)
        let invoice = try Samples.invoice("ex.com/dept/Grüße/1.0.0-rc.1+b.5", "one")
        _ = try server.post("/_i", invoice.toml)
        for path in [
            "ex.com/dept/Gr%C3%BC%C3%9Fe/1.0.0-rc.1+b.5", "ex.com%2Fdept%2fGr%C3%BC%C3%9Fe/1.0.0-rc.1%2Bb.5",
        ] {
            let answer = try server.get("/_i/\(path)")
            #expect(answer.status == 200)
            #expect(answer.text == invoice.toml)
            let head = try server.send(.head, "/_i/\(path)")
            #expect(head.status == 200)
            #expect(head.headers["Content-Length"] == String(answer.bytes.count))
            let json = try server.get("/_i/\(path)", headers: ["Accept": "application/json"])
            #expect(try Invoice(json.bytes, as: .json) == invoice)
        }
    }

    @Test(
        "says what is wrong with a path",
        arguments: [
            ("/_i/app/1.0.0", 404), ("/_i/app/1.0", 400), ("/_i/app", 400), ("/_i/a%20b/1.0.0", 404),
            ("/_i/a%0ab/1.0.0", 400),
            ("/_i/%ff/1.0.0", 400),
            ("/_r/missing/app/1.0.0", 404), ("/_r/missing/app", 400), ("/_i/app/1.0.0@00", 404), ("/_i/app@00", 400),
            ("/nothing", 404), ("/_x/app/1.0.0", 404),
        ])
    func saysWhatIsWrongWithAPath(path: String, status: Int) throws {
        let server = try RunningServer(.development)
        let answer = try server.get(path)
        #expect(answer.status == status)
        #expect(try answer.document()["error"]?.string?.isEmpty == false)
    }

    @Test("does not take methods that a resource does not have") func doesNotTakeMethodsThatAResourceDoesNotHave()
        throws
    {
        let server = try RunningServer(.development)
        for (method, path, allowed) in [
            (Method.get, "/_i", "POST"), (.put, "/_i/app/1.0.0", "GET, HEAD, DELETE"),
            (.delete, "/_i/app/1.0.0@00", "GET, HEAD, POST"), (.post, "/_q", "GET, HEAD"),
        ] {
            let answer = try server.send(method, path)
            #expect(answer.status == 405)
            #expect(answer.headers["Allow"] == allowed)
        }
    }

    // MARK: - Parcels

    @Test("takes and gives out parcels", arguments: modes)
    func takesAndGivesOutParcels(mode: BindleStore.Mode) throws {
        let server = try RunningServer(mode)
        var invoice = try Samples.invoice("app/1.0.0", "content", "")
        invoice.parcels[0].label.mediaType = "application/wasm"
        _ = try server.post("/_i", invoice.toml)
        let path = "/_i/app/1.0.0@\(Samples.digest("content"))"

        #expect(try server.get(path).status == 404)
        #expect(try server.post(path, "longer than content").status == 400)
        #expect(try server.post(path, "short").status == 400)
        #expect(try server.post(path, "CONTENT").status == 400)
        #expect(try server.get(path).status == 404)

        let created = try server.post(path, "content")
        #expect(created.status == 200)
        #expect(try created.document()["message"]?.string == "parcel created")
        let answer = try server.get(path)
        #expect(answer.status == 200 && answer.text == "content")
        #expect(answer.headers["Content-Type"] == "application/wasm")
        #expect(answer.headers["Content-Length"] == "7")
        let head = try server.send(.head, path)
        #expect(head.status == 200 && head.headers["Content-Length"] == "7")

        let empty = "/_i/app/1.0.0@\(Samples.digest(""))"
        #expect(try server.post(empty, "").status == 200)
        #expect(try server.get(empty).bytes == [])
    }

    @Test("knows the parcels of an invoice only", arguments: modes)
    func knowsTheParcelsOfAnInvoiceOnly(mode: BindleStore.Mode) throws {
        let server = try RunningServer(mode)
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", "one").toml)
        let foreign = "/_i/app/1.0.0@\(Samples.digest("two"))"
        #expect(try server.get(foreign).status == 400)
        #expect(try server.post(foreign, "two").status == 400)
        #expect(try server.post("/_i/other/1.0.0@\(Samples.digest("one"))", "one").status == 404)
    }

    @Test("takes a parcel in chunks without a length") func takesAParcelInChunksWithoutALength() throws {
        let server = try RunningServer(.development)
        let content = String(repeating: "0123456789", count: 200_000)
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", content).toml)
        let path = "/_i/app/1.0.0@\(Samples.digest(content))"
        let source = ByteSource(Array(content.utf8))
        let answer = try server.send(.post, path, body: .stream(length: nil) { source.read(into: $0) })
        #expect(answer.status == 200)
        #expect(try server.get(path).text == content)
    }

    @Test("says which parcels are missing") func saysWhichParcelsAreMissing() throws {
        let server = try RunningServer(.immutable)
        let invoice = try Samples.invoice("app/1.0.0", "one", "two")
        _ = try server.post("/_i", invoice.toml)
        _ = try server.post("/_i/app/1.0.0@\(Samples.digest("one"))", "one")
        let missing = try server.get("/_r/missing/app/1.0.0")
        #expect(missing.status == 200)
        let labels = try #require(try missing.document()["missing"]?.array)
        #expect(labels.map { $0.table?["sha256"]?.string } == [Samples.digest("two")])
        _ = try server.post("/_i/app/1.0.0@\(Samples.digest("two"))", "two")
        #expect(try server.get("/_r/missing/app/1.0.0").document()["missing"]?.array?.isEmpty == true)
    }

    // MARK: - Queries

    @Test("answers queries") func answersQueries() throws {
        let server = try RunningServer(.immutable)
        for patch in 0..<5 { _ = try server.post("/_i", Samples.invoice("ex.com/app/1.0.\(patch)").toml) }
        _ = try server.post("/_i", Samples.invoice("other/2.0.0").toml)
        _ = try server.delete("/_i/ex.com/app/1.0.4")

        let all = try server.get("/_q").document()
        #expect(all.keys == ["query", "strict", "offset", "limit", "total", "more", "yanked", "invoices"])
        #expect(all["total"]?.integer == 5 && all["limit"]?.integer == 50 && all["more"]?.boolean == false)

        func versions(_ parameters: String) throws -> [String] {
            let document = try server.get("/_q?\(parameters)").document()
            return document["invoices"]?.array?.compactMap { $0.table?["bindle"]?.table?["version"]?.string } ?? []
        }
        #expect(try versions("q=.com/ap&strict=true&l=2&o=1") == ["1.0.1", "1.0.2"])
        #expect(try versions("query=app&version=%5E1.0.2&limit=10") == ["1.0.2", "1.0.3"])
        #expect(try versions("q=app&v=1.0.4&yanked=true") == ["1.0.4"])
        #expect(try versions("q=lovelace&v=%3E%3D2") == ["2.0.0"])
        #expect(try server.get("/_q?q=app&l=2").document()["more"]?.boolean == true)
    }

    @Test(
        "refuses queries that make no sense",
        arguments: ["v=latest", "l=256", "l=-1", "o=x", "strict=yes", "yanked=1", "l=1&limit=2"])
    func refusesQueriesThatMakeNoSense(parameters: String) throws {
        let server = try RunningServer(.immutable)
        #expect(try server.get("/_q?\(parameters)").status == 400)
    }

    @Test("says that it is well") func saysThatItIsWell() throws {
        let server = try RunningServer(.development)
        let answer = try server.health()
        #expect(answer.status == 200 && answer.headers["Content-Type"] == "application/json")
        #expect(answer.text == #"{"status":"OK","version":"0.1.0"}"#)
    }
}

/// Bytes that are handed out piece by piece.
private final class ByteSource: @unchecked Sendable {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let piece = rest.prefix(min(buffer.count, 10_007))
        buffer.copyBytes(from: piece)
        rest = rest.dropFirst(piece.count)
        return piece.count
    }
}

@Suite("A Bindle server in development mode")
struct DevelopmentServerTests {
    let server: RunningServer

    init() throws {
        server = try RunningServer(.development)
    }

    @Test("replaces an invoice whose ID is taken") func replacesAnInvoiceWhoseIDIsTaken() throws {
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", "old").toml)
        _ = try server.post("/_i/app/1.0.0@\(Samples.digest("old"))", "old")
        let new = try Samples.invoice("app/1.0.0", "new")
        #expect(try server.post("/_i", new.toml).status == 202)
        #expect(try server.get("/_i/app/1.0.0").text == new.toml)
        #expect(try server.get("/_i/app/1.0.0@\(Samples.digest("old"))").status == 400)
        #expect(try server.post("/_i", new.toml).status == 202)
        _ = try server.post("/_i/app/1.0.0@\(Samples.digest("new"))", "new")
        #expect(try server.post("/_i", new.toml).status == 201)
    }

    @Test("deletes, parcels included") func deletesParcelsIncluded() throws {
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try server.post("/_i", invoice.toml)
        _ = try server.post("/_i/app/1.0.0@\(Samples.digest("one"))", "one")
        let answer = try server.delete("/_i/app/1.0.0")
        #expect(answer.status == 200)
        #expect(try answer.document()["message"]?.string == "invoice deleted")
        #expect(try server.get("/_i/app/1.0.0?yanked=true").status == 404)
        #expect(try server.delete("/_i/app/1.0.0").status == 404)
        #expect(try server.post("/_i", invoice.toml).status == 202)
    }

    @Test("takes a parcel again") func takesAParcelAgain() throws {
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", "one").toml)
        let path = "/_i/app/1.0.0@\(Samples.digest("one"))"
        #expect(try server.post(path, "one").status == 200)
        #expect(try server.post(path, "one").status == 200)
    }
}

@Suite("A Bindle server in strict mode")
struct StrictServerTests {
    let server: RunningServer

    init() throws {
        server = try RunningServer(.immutable)
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", "one").toml)
    }

    @Test("refuses an ID that is taken with 409") func refusesAnIDThatIsTakenWith409() throws {
        #expect(try server.post("/_i", Samples.invoice("app/1.0.0", "one").toml).status == 409)
        #expect(try server.post("/_i", Samples.invoice("app/1.0.0", "other").toml).status == 409)
    }

    @Test("refuses a parcel that is there with 409") func refusesAParcelThatIsThereWith409() throws {
        let path = "/_i/app/1.0.0@\(Samples.digest("one"))"
        #expect(try server.post(path, "one").status == 200)
        #expect(try server.post(path, "one").status == 409)
    }

    @Test("yanks instead of deleting") func yanksInsteadOfDeleting() throws {
        let parcel = "/_i/app/1.0.0@\(Samples.digest("one"))"
        _ = try server.post(parcel, "one")
        let answer = try server.delete("/_i/app/1.0.0")
        #expect(answer.status == 200)
        #expect(try answer.document()["message"]?.string == "invoice yanked")
        #expect(try server.get("/_i/app/1.0.0").status == 403)
        #expect(try server.get(parcel).status == 403)
        let yanked = try server.get("/_i/app/1.0.0?yanked=true")
        #expect(yanked.status == 200)
        #expect(try yanked.document()["yanked"]?.boolean == true)
        #expect(try server.delete("/_i/other/1.0.0").status == 404)
        #expect(try server.post("/_i", Samples.invoice("app/1.0.0", "one").toml).status == 409)
    }
}
