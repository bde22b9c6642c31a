import Dispatch
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import Bindle

@Suite("A store that reads through to another server")
struct ReadThroughTests {
    private let directory: TemporaryDirectory
    private let servers = Kept<ServedStore>()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func embedded(_ name: String) throws -> BindleStore {
        try BindleStore(path: "\(directory.path)/\(name).sqlite")
    }

    /// A server that reads through to another one.
    private func server(
        _ name: String, behind upstream: ExternalBindles.Upstream, mode: BindleStore.Mode = .development,
        parcelLimit: Int = ReadThroughStore.defaultParcelLimit, freshness: Duration = .seconds(60)
    ) throws -> ServedStore {
        let store = ReadThroughStore(
            try embedded(name), upstream: upstream, parcelLimit: parcelLimit, freshness: freshness)
        return servers.keep(try ServedStore(store, mode: mode))
    }

    private func upstream(authentication: ServerAuthentication? = nil) throws -> ServedStore {
        servers.keep(try ServedStore(embedded("upstream"), mode: .immutable, authentication: authentication))
    }

    @Test("fetches a parcel once for all who want it at the same time, and never again") func once() throws {
        let upstream = try upstream()
        let content = String(repeating: "0123456789abcdef", count: 400_000)
        let invoice = try upstream.store.add("app/1.0.0", content)
        let server = try server("front", behind: upstream.asUpstream())
        let wrong = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 12) { _ in
            let found = try? server.client().parcel(invoice.parcels[0].label, of: invoice.id)
            if found != Array(content.utf8) { wrong.withLock { $0 += 1 } }
        }
        #expect(wrong.withLock { $0 } == 0)
        let path = "GET /v1/_i/app/1.0.0"
        // They are noted when they have been answered.
        #expect(
            eventually {
                upstream.requests.count { $0.hasPrefix("\(path)@") } == 1
                    && upstream.requests.count { $0.hasPrefix("\(path)?") } == 1
            }, "\(upstream.requests)")
    }

    @Test("gives out what it has while the upstream is away, and says which server it is that does not answer")
    func outage() throws {
        let upstream = try upstream()
        let invoice = try upstream.store.add("app/1.0.0", "one", "two")
        let absent = try upstream.store.add("absent/1.0.0", "one")
        let server = try server("front", behind: upstream.asUpstream())
        let client = try server.client()
        #expect(try client.parcel(invoice.parcels[0].label, of: invoice.id) == Array("one".utf8))
        upstream.stop()
        #expect(try client.invoice(invoice.id) == invoice)
        #expect(try client.parcel(invoice.parcels[0].label, of: invoice.id) == Array("one".utf8))
        #expect(try client.missingParcels(of: invoice.id).map(\.name) == ["file1"])
        let errors = [
            #expect(throws: BindleClientError.self) { try client.invoice(absent.id) },
            #expect(throws: BindleClientError.self) { try client.parcel(invoice.parcels[1].label, of: invoice.id) },
            // Known to be away, it is not even asked.
            #expect(throws: BindleClientError.self) { try client.invoice(absent.id) },
        ]
        for error in errors {
            #expect(error?.status == .serviceUnavailable && error?.retryAfter == .seconds(5))
            #expect(
                error?.description.contains("the server \(upstream.url), which may have it, is out of reach") == true)
        }
        // What is new is taken in, and is here.
        let new = try Samples.invoice("new/1.0.0", "three")
        try client.push(new) { _ in .bytes(Array("three".utf8)) }
        #expect(try client.invoice(new.id) == new)
    }

    @Test("asks again when an upstream is back that did not answer, or was busy", arguments: [false, true])
    func recovery(isBusy: Bool) throws {
        let invoice = try Samples.invoice("app/1.0.0")
        // Nobody takes what comes in here, at first.
        let socket = try ListeningSocket(binding: .loopback(port: 0))
        var configuration = ClientConfiguration()
        configuration.stallTimeout = .milliseconds(500)
        let client = try BindleClient(baseURL: "http://\(socket.address)/v1", configuration: configuration)
        let server = try server("front", behind: ExternalBindles.Upstream(client: client))
        let answer = Mutex(
            isBusy
                ? Response(status: .serviceUnavailable) : Response(text: invoice.toml, contentType: "application/toml"))
        let upstream = Server(socket: socket) { _, _, writer in try writer.respond(answer.withLock { $0 }) }
        if isBusy { try upstream.start() }
        let error = #expect(throws: BindleClientError.self) { try server.client().invoice(invoice.id) }
        #expect(error?.status == .serviceUnavailable, "\(error.debugDescription)")
        if isBusy {
            answer.withLock { $0 = Response(text: invoice.toml, contentType: "application/toml") }
        } else {
            try upstream.start()
        }
        defer { upstream.stop() }
        #expect(eventually { (try? server.client().invoice(invoice.id)) == invoice })
    }

    @Test("has bindles yanked as they are there, and finds out later") func yanking() throws {
        let upstream = try upstream()
        let invoice = try upstream.store.add("old/1.0.0", "one")
        try upstream.store.yank(invoice.id)
        let later = try upstream.store.add("later/1.0.0", "two")
        let server = try server("front", behind: upstream.asUpstream(), freshness: .milliseconds(20))
        let client = try server.client()
        for path in [invoice.id, invoice.id] {
            #expect(#expect(throws: BindleClientError.self) { try client.invoice(path) }?.status == .forbidden)
        }
        let label = invoice.parcels[0].label
        #expect(throws: BindleClientError.self) { try client.parcel(label, of: invoice.id) }
        #expect(try client.invoice(invoice.id, includingYanked: true).isYanked)
        #expect(try client.parcel(label, of: invoice.id, includingYanked: true) == Array("one".utf8))
        #expect(try client.invoice(later.id) == later)
        try upstream.store.yank(later.id)
        #expect(try eventually { (try? client.invoice(later.id)) == nil })
        // What is here by the same name, and something else, is not yanked for that.
        let own = try Samples.invoice("own/1.0.0", "three")
        _ = try upstream.store.add("own/1.0.0", "other")
        _ = try client.create(own)
        try upstream.store.yank(own.id)
        let asked = upstream.requests.count
        #expect(try eventually { try client.invoice(own.id) == own && upstream.requests.count > asked + 2 })
    }

    @Test("says to whom it has to be known where it is not let in") func authorisation() throws {
        let upstream = try upstream(authentication: ServerAuthentication(tokens: ["t0ken"]))
        let invoice = try upstream.store.add("app/1.0.0", "one")
        let stranger = try server("stranger", behind: upstream.asUpstream())
        let error = #expect(throws: BindleClientError.self) { try stranger.client().invoice(invoice.id) }
        #expect(error?.status == .badGateway)
        #expect(error?.description.contains("the server \(upstream.url) does not give it") == true)
        #expect(error?.description.contains("401") == true && error?.description.contains("log in") == true)
        let friend = try server("friend", behind: upstream.asUpstream(.bearer(token: "t0ken")))
        #expect(try friend.client().invoice(invoice.id) == invoice)
        #expect(try friend.client().parcel(invoice.parcels[0].label, of: invoice.id) == Array("one".utf8))
    }

    @Test("takes only what the strategy trusts") func trust() throws {
        let upstream = try upstream()
        let key = SecretKey(label: "Ada", roles: [.creator])
        var signed = try Samples.invoice("signed/1.0.0", "one")
        try signed.sign(with: key, as: .creator, at: 1)
        _ = try upstream.store.create(signed, mode: .immutable)
        let unsigned = try upstream.store.add("unsigned/1.0.0", "one")
        let server = try server(
            "front",
            behind: upstream.asUpstream(strategy: .greedyVerification, keyring: Keyring(entries: [key.keyringEntry])))
        #expect(try server.client().invoice(signed.id) == signed)
        let error = #expect(throws: BindleClientError.self) { try server.client().invoice(unsigned.id) }
        #expect(error?.status == .badGateway && error?.description.contains("is not trusted") == true)
        #expect(try !(server.store as! ReadThroughStore).local.contains(unsigned.id))
    }

    @Test("keeps nothing that is not what it is called by", arguments: ["other", "longer than it", "1"])
    func damage(sent: String) throws {
        let invoice = try Samples.invoice("app/1.0.0", "right")
        let sends = Mutex(sent)
        let bad = Server(socket: try ListeningSocket(binding: .loopback(port: 0))) { request, _, writer in
            let isParcel = request.target.contains("@")
            try writer.respond(
                Response(
                    status: .ok, text: isParcel ? sends.withLock { $0 } : invoice.toml, contentType: "application/toml")
            )
        }
        try bad.start()
        defer { bad.stop() }
        let server = try server(
            "front", behind: ExternalBindles.Upstream(client: try BindleClient(baseURL: "http://\(bad.address)/v1")))
        let label = invoice.parcels[0].label
        let error = #expect(throws: BindleClientError.self) { try server.client().parcel(label, of: invoice.id) }
        #expect(error?.status == .badGateway && error?.description.contains("makes no sense") == true)
        // Another invoice than the one that was asked for.
        let other = try BindleID("other/1.0.0")
        #expect(#expect(throws: BindleClientError.self) { try server.client().invoice(other) }?.status == .badGateway)
        #expect(try server.store.list().map(\.id) == [invoice.id])
        sends.withLock { $0 = "right" }
        #expect(try server.client().parcel(label, of: invoice.id) == Array("right".utf8))
    }

    @Test("does not fetch parcels that are larger than it may") func limit() throws {
        let upstream = try upstream()
        let invoice = try upstream.store.add("app/1.0.0", "12345", "123456")
        let client = try server("front", behind: upstream.asUpstream(), parcelLimit: 5).client()
        #expect(try client.parcel(invoice.parcels[0].label, of: invoice.id) == Array("12345".utf8))
        let error = #expect(throws: BindleClientError.self) {
            try client.parcel(invoice.parcels[1].label, of: invoice.id)
        }
        #expect(error?.status == .badGateway && error?.description.contains("with more than 5 are not fetched") == true)
    }

    @Test("is asked through others, and by itself in a circle, without an end") func circles() throws {
        // In a row: each keeps what the one behind it has.
        let last = try upstream()
        let invoice = try last.store.add("app/1.0.0", "one")
        let middle = try server("middle", behind: last.asUpstream())
        let first = try server("first", behind: middle.asUpstream())
        #expect(try first.client().parcel(invoice.parcels[0].label, of: invoice.id) == Array("one".utf8))
        #expect(try (middle.store as! ReadThroughStore).local.contains(invoice.id))

        // In a circle of three, of which all are asked at the same time.
        let ports = try (0..<3).map { _ in try ListeningSocket(binding: .loopback(port: 0)) }
        let servers = try ports.indices.map { number in
            let next = try BindleClient(baseURL: "http://\(ports[(number + 1) % 3].address)/v1")
            let store = ReadThroughStore(
                try embedded("circle\(number)"), upstream: ExternalBindles.Upstream(client: next))
            let bindles = BindleServer(store: store, mode: .immutable, version: "1")
            return Server(socket: ports[number], configuration: bindles.configuration(), handler: bindles.handler)
        }
        for server in servers { try server.start() }
        defer { for server in servers { server.stop() } }
        let id = try BindleID("nowhere/1.0.0")
        let client = try BindleClient(baseURL: "http://\(ports[0].address)/v1")
        #expect(#expect(throws: BindleClientError.self) { try client.invoice(id) }?.status == .notFound)
        // One after the other, since those who meet wait for each other for a while.
        let other = try BindleClient(baseURL: "http://\(ports[2].address)/v1")
        #expect(#expect(throws: BindleClientError.self) { try other.invoice(id) }?.status == .notFound)
        #expect(try client.create(Samples.invoice("nowhere/1.0.0")).missing.isEmpty)
        #expect(try other.invoice(id) == Samples.invoice("nowhere/1.0.0"))
    }

    @Test("gives no ID away that the upstream has, or may have") func takenIDs() throws {
        let upstream = try upstream()
        let invoice = try upstream.store.add("app/1.0.0", "one")
        let client = try server("front", behind: upstream.asUpstream(), mode: .immutable).client()
        let other = try Samples.invoice("app/1.0.0", "two")
        #expect(#expect(throws: BindleClientError.self) { try client.create(other) }?.status == .conflict)
        #expect(try client.invoice(invoice.id) == invoice)
        upstream.stop()
        let new = try Samples.invoice("new/1.0.0")
        #expect(#expect(throws: BindleClientError.self) { try client.create(new) }?.status == .serviceUnavailable)
    }

    @Test("asks for no upload of what the upstream has") func missing() throws {
        let upstream = try upstream()
        let invoice = try Samples.invoice("app/1.0.0", "one", "two")
        _ = try upstream.store.create(invoice, mode: .immutable)
        try upstream.store.upload("one", to: invoice.id)
        let client = try server("front", behind: upstream.asUpstream()).client()
        #expect(try client.missingParcels(of: invoice.id).map(\.name) == ["file1"])
        try client.upload(invoice.parcels[1].label, to: invoice.id, body: .bytes(Array("two".utf8)))
        #expect(try client.missingParcels(of: invoice.id).isEmpty)
    }

    @Test(
        "reads from the field Via where a request has been",
        arguments: [
            ([], []), (["1.1 a"], ["a"]), (["1.1 a (Apache), HTTP/2 b:80", "1.0 c"], ["a", "b:80", "c"]), (["a"], []),
        ])
    func route(fields: [String], servers: [String]) {
        var headers: Headers = [:]
        for field in fields { headers.add("Via", field) }
        let route = RequestRoute(headers)
        #expect(route.servers == servers)
        #expect(RequestRoute([:]) == .direct && !route.isOver(at: "x"))
        var next: Headers = [:]
        next.set("Via", route.text(through: "x"))
        #expect(RequestRoute(next).servers == servers + ["x"] && RequestRoute(next).isOver(at: "x"))
    }
}
