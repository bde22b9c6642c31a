import HTTP
import Synchronization
import TOML
import TestSupport
import Testing

@testable import Bindle

/// A server that does what the reference server has been seen to do, as far as a test wants it.
private final class ReferenceServer {
    let url: String
    private let server: Server

    init(_ respond: @escaping @Sendable (Request, [UInt8]) -> Response) throws {
        server = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, body, writer in
            try writer.respond(respond(request, body.readAll(limit: 16 << 20)))
        }
        try server.start()
        url = "http://\(server.address)/v1"
    }

    deinit {
        server.stop()
    }

    static func toml(_ status: Status, _ text: String) -> Response {
        Response(status: status, text: text, contentType: "application/toml")
    }

    static func error(_ status: Status, _ message: String) -> Response { toml(status, "error = \"\(message)\"\n") }
}

@Suite("Our client at the reference server")
struct ReferenceServerTests {
    /// The file store of the reference: an upload that breaks off leaves a slot, which is refused from then on.
    private final class Slots: Sendable {
        let invoice: Invoice
        /// Digests that were uploaded, and those whose slots are stuck.
        let state: Mutex<(present: Set<String>, stuck: Set<String>, missingRequests: Int)>

        init(_ invoice: Invoice, stuck: Set<String>) {
            self.invoice = invoice
            state = Mutex(([], stuck, 0))
        }

        func respond(_ request: Request) -> Response {
            if request.target == "/v1/_i" {
                let answer = TOMLTable([
                    "invoice": TOMLValue(invoice.table), "missing": TOMLValue(invoice.parcels.map(\.label.table)),
                ])
                return ReferenceServer.toml(.accepted, answer.serialized())
            }
            if request.method == .head { return Response(status: .ok) }
            if request.target.hasPrefix("/v1/_r/missing/") {
                let labels = state.withLock { state in
                    state.missingRequests += 1
                    return invoice.parcels.map(\.label).filter { !state.present.contains($0.sha256) }
                }
                let text = labels.map { "[[missing]]\n\($0.toml)" }.joined(separator: "\n")
                return ReferenceServer.toml(.ok, labels.isEmpty ? "missing = []\n" : text)
            }
            let digest = String(request.target.suffix(64))
            let isTaken = state.withLock { state in
                if state.stuck.contains(digest) || state.present.contains(digest) { return false }
                state.present.insert(digest)
                return true
            }
            return isTaken
                ? ReferenceServer.toml(.ok, "message = \"parcel created\"\n")
                : ReferenceServer.error(.conflict, "parcel already exists")
        }

        /// Whoever was sending it has come to the end.
        func settle(_ digest: String) {
            state.withLock { state in
                state.stuck.remove(digest)
                state.present.insert(digest)
            }
        }
    }

    private let invoice: Invoice

    init() throws {
        invoice = try Samples.invoice("app/1.0.0", "one", "two", "three")
    }

    private func push(to slots: Slots) throws {
        let server = try ReferenceServer { request, _ in slots.respond(request) }
        var client = try BindleClient(baseURL: server.url)
        client.retries = RetryPolicy(attempts: 4, firstDelay: .milliseconds(1))
        let contents = ["file0": "one", "file1": "two", "file2": "three"]
        try client.push(slots.invoice) { .bytes(Array((contents[$0.name] ?? "").utf8)) }
    }

    @Test("does not report a push whose slot is stuck as done") func stuckSlot() throws {
        let slots = Slots(invoice, stuck: [Samples.digest("two")])
        let error = #expect(throws: PushError.self) { try push(to: slots) }
        #expect(error?.description.contains("does not have the parcel 'file1' of app/1.0.0") == true)
        #expect(error?.description.contains("another version") == true)
    }

    @Test("waits for an upload of somebody else that comes to its end") func otherUpload() throws {
        let slots = Slots(invoice, stuck: [Samples.digest("two")])
        let server = try ReferenceServer { request, _ in
            if slots.state.withLock({ $0.missingRequests }) == 1 { slots.settle(Samples.digest("two")) }
            return slots.respond(request)
        }
        var client = try BindleClient(baseURL: server.url)
        client.retries = RetryPolicy(attempts: 4, firstDelay: .milliseconds(1))
        let contents = ["file0": "one", "file1": "two", "file2": "three"]
        try client.push(invoice) { .bytes(Array((contents[$0.name] ?? "").utf8)) }
        #expect(slots.state.withLock { $0.missingRequests } == 2)
    }

    @Test("asks for nothing more after a push that was clean") func cleanPush() throws {
        let slots = Slots(invoice, stuck: [])
        try push(to: slots)
        #expect(slots.state.withLock { $0.missingRequests } == 0)
        #expect(slots.state.withLock { $0.present.count } == 3)
    }

    @Test("sees the other invoices where one cannot be used") func oddInvoice() throws {
        let server = try ReferenceServer { _, _ in
            ReferenceServer.toml(
                .ok,
                """
                query = ""
                strict = true
                offset = 0
                limit = 50
                timestamp = 0
                total = 3
                more = false
                yanked = false

                [[invoices]]
                bindleVersion = "1.0.0"
                [invoices.bindle]
                name = "one"
                version = "1.0.0"

                [[invoices]]
                bindleVersion = "1.0.0"
                colour = "red"
                [invoices.bindle]
                name = "two"
                version = "1.0.0"

                [[invoices]]
                bindleVersion = "9.0.0"
                [invoices.bindle]
                name = "th ree"
                version = "1.0.0"
                [[invoices.group]]
                name = "a"
                satisfiedBy = "anyOf"
                [[invoices.group]]
                name = "a"
                """)
        }
        let client = try BindleClient(baseURL: server.url)
        let page = try client.find(BindleQuery())
        #expect(page.invoices.map(\.id.name) == ["one", "th ree"])
        guard case .unusable(id: "two/1.0.0", let problem) = page.matches[1] else {
            Issue.record("\(page.matches[1])")
            return
        }
        #expect(problem.contains("unknown key 'colour'"))
        #expect(try client.versions(of: "two").map(\.description) == ["1.0.0"])
    }

    @Test("says what to do where a server wants signatures", arguments: [false, true])
    func signatures(isSigned: Bool) throws {
        let server = try ReferenceServer { _, _ in
            ReferenceServer.error(.badRequest, "Verification failed: no signatures found on invoice")
        }
        var invoice = invoice
        let key = SecretKey(label: "Ada", roles: [.creator])
        if isSigned { try invoice.sign(with: key, as: .creator, at: 0) }
        let client = try BindleClient(baseURL: server.url)
        let error = #expect(throws: PushError.self) { try client.push(invoice) { _ in .bytes([]) } }
        #expect(error?.description.contains("--sign") == !isSigned)
        #expect(error?.description.contains("bindle keys print") == true)
    }

    @Test("hints at the login where a server says 403 to somebody unknown") func anonymous() throws {
        let server = try ReferenceServer { _, _ in ReferenceServer.error(.forbidden, "access denied") }
        for (credentials, isHinted) in [(BindleClient.Credentials.none, true), (.bearer(token: "t"), false)] {
            let client = try BindleClient(baseURL: server.url, credentials: credentials)
            let id = try BindleID("app/1.0.0")
            let error = #expect(throws: BindleClientError.self) { try client.invoice(id) }
            #expect(error?.description.contains("log in") == isHinted)
        }
    }

    @Test("reads roles in any spelling", arguments: ["h", "host", "Host", "HOST"]) func roles(spelling: String) throws {
        let key = SecretKey(label: "Host", roles: [.host]).keyringEntry
        let toml = Keyring(entries: [key]).toml.replacing("\"host\"", with: "\"\(spelling)\"")
        #expect(try Keyring(parsing: Array(toml.utf8)).entries == [key])
        var invoice = invoice
        invoice.signatures = [Signature(by: "x", signature: "", key: "", role: .host, at: 0)]
        let text = invoice.toml.replacing("\"host\"", with: "\"\(spelling)\"")
        #expect(try Invoice(toml: text) == invoice)
        #expect(VerificationStrategy("MultipleAttestation[\(spelling)]") == .multipleAttestation([.host]))
    }

    // MARK: - Files

    @Test("reads a server's data directory, and pushes one of its bindles that the server has in part")
    func dataDirectory() throws {
        let directory = try TemporaryDirectory()
        let invoices = "invoices/\(invoice.id.digest.hex)"
        try directory.write(invoice.toml, to: "\(invoices)/invoice.toml")
        try directory.write("one", to: "parcels/\(Samples.digest("one"))/parcel.dat")
        try directory.write("two", to: "parcels/\(Samples.digest("two"))/parcel.dat")
        #expect(ReferenceDirectory.isOne(directory.path) && !ReferenceDirectory.isOne("\(directory.path)/\(invoices)"))
        let bindle = try StandaloneBindle(invoice.id, in: directory.path)
        #expect(bindle.presentParcels.map(\.name) == ["file0", "file1"])
        #expect(try ReferenceDirectory(directory.path).bindles().map(\.invoice) == [invoice])

        // Served as it is.
        let handler = BindleServer(store: ReferenceDirectory(directory.path), mode: .immutable, version: "1")
        let reading = Server(
            socket: try ListeningSocket(binding: .loopback(port: 0)), configuration: handler.configuration(),
            handler: handler.handler)
        try reading.start()
        defer { reading.stop() }
        let reader = try BindleClient(baseURL: "http://\(reading.address)/v1")
        #expect(try reader.invoice(invoice.id) == invoice)
        #expect(try reader.find(BindleQuery(terms: "ap lovelace")).invoices == [invoice])
        #expect(try reader.parcel(invoice.parcels[0].label, of: invoice.id) == Array("one".utf8))
        #expect(try reader.missingParcels(of: invoice.id).map(\.name) == ["file2"])
        #expect(try reader.create(Samples.invoice("new/1.0.0")).missing.isEmpty)

        let server = try RunningServer(.immutable)
        _ = try server.store.create(invoice, mode: .immutable)
        try server.store.put("three", to: invoice.id)
        let client = try BindleClient(baseURL: server.url)
        #expect(try Set(client.push(bindle).sent.map(\.name)) == ["file0", "file1"])
        #expect(try client.missingParcels(of: invoice.id).isEmpty)
    }

    @Test("says of a parcel in a standalone bindle that its content is not what it is called by") func misnamed() throws
    {
        let directory = try TemporaryDirectory()
        let contents = ["file0": "one", "file1": "two", "file2": "three"]
        let bindle = try StandaloneBindle.write(invoice, in: directory.path) { label, receive in
            try Array((contents[label.name] ?? "").utf8).withUnsafeBytes { try receive($0) }
        }
        let path = bindle.parcelPath(Samples.digest("two"))
        for content in ["TWO", "longer"] {
            let running = try RunningServer(.immutable)
            try directory.write(content, to: String(path.dropFirst(directory.path.count + 1)))
            let error = #expect(throws: PushError.self) { try BindleClient(baseURL: running.url).push(bindle) }
            #expect(error?.description.contains("\(path) does not have the digest that the file is called by") == true)
        }
    }
}
