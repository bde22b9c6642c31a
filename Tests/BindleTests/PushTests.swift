import Bindle
import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite("A push")
struct PushTests {
    let server: RunningServer
    let client: BindleClient

    init() throws {
        server = try RunningServer(.immutable)
        client = try BindleClient(baseURL: server.url)
    }

    private func invoice(_ id: String, parcels: Int) throws -> Invoice {
        Invoice(
            bindle: .init(id: try BindleID(id)),
            parcels: (0..<parcels).map { Parcel(label: Samples.label("file\($0)", "content \($0)")) })
    }

    private func content(of label: Label) -> ParcelContent {
        .bytes(Array("content \(label.name.dropFirst("file".count))".utf8))
    }

    @Test("sends each missing parcel once, over any number of connections", arguments: [1, 3, 8])
    func sendsEachMissingParcelOnceOverAnyNumberOfConnections(connections: Int) throws {
        let invoice = try invoice("app/1.0.0", parcels: 100)
        let asked = Mutex<[String]>([])
        let sent = try client.push(invoice, options: PushOptions(connections: connections)) { label in
            asked.withLock { $0.append(label.name) }
            return content(of: label)
        }.sent
        #expect(sent.count == 100)
        #expect(Set(asked.withLock { $0 }).count == 100)
        #expect(try client.missingParcels(of: invoice.id).isEmpty)
        let again = try client.push(invoice) { _ in .absent("nobody asks for it") }
        #expect(again.sent.isEmpty && !again.hasReplaced)
    }

    @Test("counts a content once, whatever names it has") func countsAContentOnce() throws {
        let labels = (0..<11).map { Samples.label("name\($0)", "content \($0 % 9)") }
        let invoice = Invoice(bindle: .init(id: try BindleID("app/1.0.0")), parcels: labels.map { Parcel(label: $0) })
        let sent = try client.push(invoice) { label in
            .bytes(Array("content \(Int(label.name.dropFirst("name".count))! % 9)".utf8))
        }.sent
        #expect(invoice.distinctLabels.count == 9)
        #expect(sent.count == 9 && Set(sent.map(\.sha256)).count == 9)
    }

    @Test("tells how far it is") func tellsHowFarItIs() throws {
        let directory = try TemporaryDirectory()
        let text = String(repeating: "0123456789", count: 50_000)
        let file = try directory.write(text, to: "large")
        let invoice = Invoice(
            bindle: .init(id: try BindleID("app/1.0.0")), parcels: [Parcel(label: Samples.label("large", text))])
        let reports = Mutex<[PushProgress]>([])
        let options = PushOptions { progress in reports.withLock { $0.append(progress) } }
        try client.push(invoice, options: options) { _ in .file(path: file.path) }
        let all = reports.withLock { $0 }
        #expect(all.count > 3)
        #expect(all.first.map { [$0.sentBytes, Int64($0.finishedParcels)] } == [0, 0])
        #expect(all.allSatisfy { $0.totalBytes == 500_000 && $0.totalParcels == 1 })
        #expect(all.last.map { [$0.sentBytes, Int64($0.finishedParcels)] } == [500_000, 1])
    }

    @Test("refuses a version that is taken by something else, or yanked")
    func refusesAVersionThatIsTakenBySomethingElseOrYanked() throws {
        let first = try invoice("app/1.0.0", parcels: 2)
        try client.push(first, content: content)
        var other = first
        other.annotations["changed"] = "yes"
        let taken = #expect(throws: PushError.self) { try client.push(other, content: content) }
        #expect(
            taken?.description == "the server has another bindle app/1.0.0, and keeps it; push under another version")
        try client.delete(first.id)
        let yanked = #expect(throws: PushError.self) { try client.push(first, content: content) }
        #expect(yanked?.description.contains("it was yanked") == true)
    }

    @Test("says that it has replaced another bindle, and not that of one that is new or there already")
    func saysThatItHasReplacedAnotherBindle() throws {
        let server = try RunningServer(.development)
        let client = try BindleClient(baseURL: server.url)
        let first = try invoice("app/1.0.0", parcels: 2)
        #expect(try !client.push(first, content: content).hasReplaced)
        #expect(try !client.push(first, content: content).hasReplaced)
        let other = try invoice("app/1.0.0", parcels: 3)
        let result = try client.push(other, content: content)
        #expect(result.hasReplaced && result.sent.map(\.name) == ["file2"])
        #expect(try !client.push(invoice("app/1.0.1", parcels: 1), content: content).hasReplaced)
    }

    @Test("takes an invoice for the same, whoever signed it and whatever goes without saying")
    func takesAnInvoiceForTheSameWhoeverSignedItAndWhateverGoesWithoutSaying() throws {
        var one = try invoice("app/1.0.0", parcels: 1)
        one.groups = [Group(name: "g")]
        var other = one
        other.parcels[0].conditions = Conditions()
        other.groups[0].satisfiedBy = .allOf
        other.isYanked = true
        other.signatures = [Signature(by: "host", signature: "", key: "", role: .host, at: 1)]
        #expect(one.hasSameContent(as: other))
        other.groups[0].isRequired = true
        #expect(!one.hasSameContent(as: other))
    }

    @Test("says which parcel is neither here nor there") func saysWhichParcelIsNeitherHereNorThere() throws {
        let error = #expect(throws: PushError.self) {
            try client.push(invoice("app/1.0.0", parcels: 1)) { _ in .absent("it is lost") }
        }
        #expect(error?.description == "the server does not have the parcel 'file0', and it is lost")
    }

    @Test("notices a file that changed after its digest was taken") func noticesAFileThatChangedAfterItsDigestWasTaken()
        throws
    {
        let directory = try TemporaryDirectory()
        let file = try directory.write("CONTENT 0", to: "file0")
        for options in [PushOptions(), PushOptions(progress: { _ in })] {
            let error = #expect(throws: PushError.self) {
                try client.push(invoice("app/1.0.0", parcels: 1), options: options) { _ in .file(path: file.path) }
            }
            #expect(error?.description == "\(file.path) has changed since its digest was taken; push again")
        }
    }

    @Test("goes on after failures that pass, and ends at others") func goesOnAfterFailuresThatPassAndEndsAtOthers()
        throws
    {
        let bindles = BindleServer(store: server.store, mode: .immutable, version: "1")
        // Every other request is refused before the server sees it.
        let count = Mutex(0)
        let moody = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: bindles.configuration()
        ) { request, body, writer in
            guard
                count.withLock({
                    $0 += 1
                    return $0 % 2 == 0
                })
            else {
                _ = try body.readAll(limit: 1 << 20)
                try writer.respond(Response(status: .serviceUnavailable, text: "not now"))
                return
            }
            try bindles.handler(request, body, writer)
        }
        try moody.start()
        defer { moody.stop() }
        var client = try BindleClient(baseURL: "http://\(moody.address)/v1")
        let invoice = try invoice("app/1.0.0", parcels: 20)
        #expect(throws: PushError.self) { try client.push(invoice, content: content) }
        client.retries = RetryPolicy(attempts: 12, firstDelay: .milliseconds(1))
        try client.push(invoice, content: content)
        #expect(try self.client.missingParcels(of: invoice.id).isEmpty)
        // What is wrong with the request does not pass.
        let before = count.withLock { $0 }
        let error = #expect(throws: BindleClientError.self) { try client.invoice(BindleID("nothing/1.0.0")) }
        #expect(error?.status == .notFound)
        #expect(count.withLock { $0 } - before <= 2)
    }

    @Test("follows redirects for what it reads, and takes its credentials to no other origin")
    func followsRedirectsWithoutCredentials() throws {
        let thief = Mutex<[String]>([])
        let other = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, _, writer in
            thief.withLock { $0.append(request.headers["Authorization"] ?? "nothing") }
            let text = "query = \"\"\ntotal = 0\nmore = false\ninvoices = []\n"
            try writer.respond(Response(status: .ok, text: text, contentType: "application/toml"))
        }
        try other.start()
        defer { other.stop() }
        let target = "http://\(other.address)/v1/_q"
        let count = Mutex(0)
        let redirecting = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, _, writer in
            let statuses = [301, 302, 303, 307, 308]
            let status = count.withLock { count in
                defer { count += 1 }
                return statuses[count % statuses.count]
            }
            let location = request.target.hasPrefix("/v1/_q") ? target : "\(request.path)"
            try writer.respond(Response(status: Status(status), headers: ["Location": location]))
        }
        try redirecting.start()
        defer { redirecting.stop() }
        let client = try BindleClient(
            baseURL: "http://\(redirecting.address)/v1", credentials: .bearer(token: "secret"))
        for _ in 0..<5 { #expect(try client.find(BindleQuery()).total == 0) }
        #expect(thief.withLock { $0 } == Array(repeating: "nothing", count: 5))
        // One that leads to itself ends.
        let id = try BindleID("app/1.0.0")
        let error = #expect(throws: BindleClientError.self) { try client.invoice(id) }
        #expect(error?.description.contains("too many redirects") == true)
    }

    @Test("finds all versions of a name") func findsAllVersionsOfAName() throws {
        for version in ["1.0.0", "1.0.1", "2.0.0-beta"] {
            try client.push(invoice("app/\(version)", parcels: 1), content: content)
        }
        try client.push(invoice("application/9.0.0", parcels: 1), content: content)
        try client.delete(BindleID("app/1.0.1"))
        #expect(try client.versions(of: "app").map(\.description).sorted() == ["1.0.0", "1.0.1", "2.0.0-beta"])
        #expect(try client.versions(of: "nothing").isEmpty)
    }
}

@Suite("Credentials that a login leaves")
struct CredentialStorageTests {
    @Test("belong to a server, and are for their owner's eyes") func belongToAServerAndAreForTheirOwnersEyes() throws {
        let directory = try TemporaryDirectory()
        let storage = CredentialStorage(environment: ["XDG_CONFIG_HOME": directory.path])
        #expect(storage.path == directory.path + "/hippo/bindle.json")
        var credentials = try storage.load()
        #expect(credentials.isEmpty)
        let url = try HTTPURL("https://bindle.example.com/v1")
        credentials.setBindle(.basic(username: "ada", password: "p\"ässword\n"), for: url)
        credentials.setBindle(.bearer(token: "t"), for: try HTTPURL("http://localhost:8080/v1"))
        credentials.bindleURL = url.description
        credentials.setHippo(.init(token: "h", expiration: "2000-01-01T00:00:00.1234567Z"), for: url)
        try storage.save(credentials)
        let attributes = try FileManager.default.attributesOfItem(atPath: storage.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let loaded = try storage.load()
        guard
            case .basic("ada", "p\"ässword\n") = loaded.bindleCredentials(
                for: try HTTPURL("https://BINDLE.example.com:443/other"))
        else {
            Issue.record("no credentials")
            return
        }
        #expect(loaded.bindleCredentials(for: try HTTPURL("http://bindle.example.com/v1")) == nil)
        #expect(loaded.bindleCredentials(for: try HTTPURL("https://bindle.example.com:444/v1")) == nil)
        #expect(loaded.bindleURL == url.description)
        #expect(loaded.hippoToken(for: url)?.isValid == false)
        #expect(StoredCredentials.HippoToken(token: "", expiration: "2999-01-01T00:00:00+00:00").isValid)
    }

    @Test("are refused where the file is damaged") func areRefusedWhereTheFileIsDamaged() throws {
        let directory = try TemporaryDirectory()
        for text in ["{", "{\"bindleServers\": {\"http://a\": {\"username\": \"ada\"}}}"] {
            let file = try directory.write(text, to: "bindle.json")
            let error = #expect(throws: CredentialStorageError.self) { try CredentialStorage(path: file.path).load() }
            #expect(error?.description.hasPrefix(file.path) == true)
        }
    }
}
