import Foundation
import HTTP
import TestSupport
import Testing

import Bindle

@Suite("A Bindle client")
struct BindleClientTests {
    let server: RunningServer
    let client: BindleClient

    init() throws {
        server = try RunningServer(.immutable)
        client = try BindleClient(baseURL: server.url)
    }

    @Test("does not advise to log in where a bindle is yanked") func yankedBindle() throws {
        let server = try RunningServer(.immutable)
        let client = try BindleClient(baseURL: server.url)
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try client.create(invoice)
        _ = try client.delete(invoice.id)
        do throws(BindleClientError) {
            _ = try client.invoice(invoice.id)
            Issue.record("it was given out")
        } catch {
            #expect(error.description.hasSuffix("the bindle app/1.0.0 is yanked"), "\(error)")
        }
    }

    @Test("pushes a bindle and fetches it again") func pushesABindleAndFetchesItAgain() throws {
        let invoice = try Samples.invoice("ex.com/Grüße/1.0.0+b", "one", "two")
        let creation = try client.create(invoice)
        #expect(creation.invoice == invoice)
        #expect(creation.missing.count == 2)
        for (label, content) in zip(creation.missing, ["one", "two"]) {
            try client.upload(label, to: invoice.id, body: .bytes(Array(content.utf8)))
        }
        #expect(try client.missingParcels(of: invoice.id).isEmpty)
        #expect(try client.invoice(invoice.id) == invoice)
        #expect(try client.parcel(invoice.parcels[1].label, of: invoice.id) == Array("two".utf8))
        #expect(try client.find(BindleQuery(terms: "ex.com", isStrict: true)).invoices == [invoice])
        #expect(try client.find(BindleQuery(versions: VersionRange("^2"))).total == 0)
        #expect(try client.delete(invoice.id) == "invoice yanked")
        #expect(try client.invoice(invoice.id, includingYanked: true).isYanked)
    }

    @Test("pushes a standalone bindle, and only what is missing of it")
    func pushesAStandaloneBindleAndOnlyWhatIsMissingOfIt() throws {
        let directory = try TemporaryDirectory()
        let invoice = try Samples.invoice("app/1.0.0", "one", "two", "")
        let contents = ["file0": "one", "file1": "two", "file2": ""]
        let bindle = try StandaloneBindle.write(invoice, in: directory.path) { label, receive in
            try Array((contents[label.name] ?? "").utf8).withUnsafeBytes { try receive($0) }
        }
        // As if an earlier push had been interrupted after the first parcel.
        _ = try server.store.create(invoice, mode: .immutable)
        try server.store.put("one", to: invoice.id)
        #expect(try client.push(bindle).sent.map(\.name) == ["file1", "file2"])
        #expect(try client.push(bindle).sent.isEmpty)
        #expect(try server.store.text("two", of: invoice.id) == "two")
    }

    @Test("names the request and the server's reason when it is refused")
    func namesTheRequestAndTheServersReasonWhenItIsRefused() throws {
        let id = try BindleID("nothing/1.0.0")
        let error = try #require(throws: BindleClientError.self) { try client.invoice(id) }
        #expect(error.status == .notFound)
        #expect(
            error.description == "GET \(server.url)/_i/nothing/1.0.0: the server answered 404 Not Found: "
                + "there is no bindle nothing/1.0.0")
    }

    @Test("names the request when there is no server") func namesTheRequestWhenThereIsNoServer() throws {
        // A port that was free a moment ago, and that nothing listens on.
        let url: String
        do { url = "http://\(try ListeningSocket(binding: .loopback(port: 0)).address)/v1" }
        let client = try BindleClient(baseURL: url)
        let id = try BindleID("app/1.0.0")
        let error = try #require(throws: BindleClientError.self) { try client.invoice(id) }
        #expect(error.description.contains(url))
    }

    @Test("checks a parcel by its label") func checksAParcelByItsLabel() throws {
        let invoice = try Samples.invoice("app/1.0.0", "right")
        _ = try client.create(invoice)
        var label = invoice.parcels[0].label
        try client.upload(label, to: invoice.id, body: .bytes(Array("right".utf8)))
        label.size = 4
        let longer = #expect(throws: BindleClientError.self) { try client.parcel(label, of: invoice.id) }
        #expect(longer?.description.contains("more than the 4 bytes of its label") == true)
        label.size = 6
        let shorter = #expect(throws: BindleClientError.self) { try client.parcel(label, of: invoice.id) }
        #expect(shorter?.description.contains("has 5 bytes, not the 6 of its label") == true)
    }

    @Test(
        "says who it is as it is told",
        arguments: [
            (BindleClient.Credentials.none, nil),
            (.basic(username: "ada", password: "pässword:"), "Basic YWRhOnDDpHNzd29yZDo="),
            (.bearer(token: "t0ken"), "Bearer t0ken"),
        ] as [(BindleClient.Credentials, String?)])
    func saysWhoItIsAsItIsTold(credentials: BindleClient.Credentials, header: String?) throws {
        // A server that answers with the credentials that it was sent.
        let echo = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, _, writer in
            try writer.respond(Response(status: .unauthorized, text: request.headers["Authorization"] ?? "nothing"))
        }
        try echo.start()
        defer { echo.stop() }
        let client = try BindleClient(baseURL: "http://\(echo.address)/v1", credentials: credentials)
        let id = try BindleID("app/1.0.0")
        let error = try #require(throws: BindleClientError.self) { try client.invoice(id) }
        #expect(error.description.contains(": the server answered 401 Unauthorized: \(header ?? "nothing") (log in"))
    }

    @Test("A URL without /v1 is told of where nothing is found", arguments: [("", true), ("/v1", false)])
    func missingPath(_ path: String, _ isTold: Bool) {
        let error = BindleClientError.refused(
            method: "POST", url: "http://127.0.0.1:8080\(path)/_i", status: .notFound,
            message: "there is nothing at /_i")
        #expect(error.description.contains("ends with /v1") == isTold)
    }
}

@Suite("A standalone bindle")
struct StandaloneBindleTests {
    @Test("is written from what is fetched, and read again") func isWrittenFromWhatIsFetchedAndReadAgain() throws {
        let directory = try TemporaryDirectory()
        let invoice = try Samples.invoice("app/1.0.0", "one", "two", "one")
        var fetched: [String] = []
        func write() throws -> StandaloneBindle {
            try StandaloneBindle.write(invoice, in: directory.path) { label, receive in
                fetched.append(label.name)
                try Array((label.name == "file0" ? "one" : "two").utf8).withUnsafeBytes { try receive($0) }
            }
        }
        let bindle = try write()
        #expect(bindle.directory == "\(directory.path)/\(SHA256.hash("app/1.0.0".utf8).hex)")
        #expect(fetched == ["file0", "file1"])
        let read = try StandaloneBindle(invoice.id, in: directory.path)
        #expect(read.invoice == invoice)
        #expect(read.presentParcels.count == 2)
        #expect(try String(contentsOfFile: read.parcelPath(Samples.digest("two")), encoding: .utf8) == "two")
        // What is there already is not fetched again.
        _ = try write()
        #expect(fetched == ["file0", "file1"])
    }

    @Test("leaves no parcel with wrong bytes behind") func leavesNoParcelWithWrongBytesBehind() throws {
        let directory = try TemporaryDirectory()
        let invoice = try Samples.invoice("app/1.0.0", "one")
        #expect(throws: StandaloneBindleError.self) {
            try StandaloneBindle.write(invoice, in: directory.path) { _, receive in
                try [UInt8](repeating: 0, count: 3).withUnsafeBytes { try receive($0) }
            }
        }
        let parcels = "\(StandaloneBindle.directory(of: invoice.id, in: directory.path))/parcels"
        #expect(try FileManager.default.contentsOfDirectory(atPath: parcels) == [])
    }

    @Test("is refused where there is none") func isRefusedWhereThereIsNone() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: StandaloneBindleError.self) { try StandaloneBindle(at: directory.path) }
        #expect(error?.description.contains("is not a standalone bindle") == true)
    }

    @Test(
        "of the reference implementation is read",
        .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.absence)))
    func ofTheReferenceImplementationIsRead() throws {
        let parent = try #require(TestData.directory).appendingPathComponent("bindle/standalone").path
        let bindle = try StandaloneBindle(BindleID("enterprise.com/warpcore/1.0.0"), in: parent)
        let label = try #require(bindle.presentParcels.first)
        let (digest, size) = try SHA256.hash(fileAt: bindle.parcelPath(label.sha256))
        #expect(digest.hex == label.sha256 && size == label.size)
    }
}
