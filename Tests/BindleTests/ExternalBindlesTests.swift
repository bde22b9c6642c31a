import HTTP
import TestSupport
import Testing

@testable import Bindle

@Suite("External bindles")
struct ExternalBindlesTests {
    let server: RunningServer
    let directory: TemporaryDirectory
    let store: BindleStore

    init() throws {
        server = try RunningServer(.immutable)
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
    }

    private func externals(_ strategy: VerificationStrategy? = nil, _ keyring: Keyring = Keyring()) throws
        -> ExternalBindles
    {
        ExternalBindles(
            store: store,
            upstream: .init(client: try BindleClient(baseURL: server.url), strategy: strategy, keyring: keyring))
    }

    /// Puts a bindle on the upstream.
    private func publish(_ id: String, _ contents: String...) throws -> Invoice {
        var invoice = try Samples.invoice(id)
        invoice.parcels = ParcelList(contents.map { Parcel(label: Samples.label($0, $0)) })
        _ = try server.store.create(invoice, mode: .immutable)
        for content in contents { try server.store.put(content, to: invoice.id) }
        return invoice
    }

    @Test("are fetched once, and then there without the upstream") func areFetchedOnceAndThenThereWithoutTheUpstream()
        throws
    {
        let invoice = try publish("lib/1.0.0", "one", "two")
        let externals = try externals()
        #expect(try externals.invoice(invoice.id) == invoice)
        let one = invoice.parcels[0].label
        #expect(try externals.missing([one]) == [one])
        try externals.fetchParcels([one], of: invoice.id)
        #expect(try externals.missing([one]) == [])
        #expect(try store.text("one", of: invoice.id) == "one")

        let offline = ExternalBindles(store: store, upstream: nil)
        #expect(try offline.invoice(invoice.id) == invoice)
        try offline.fetchParcels([one], of: invoice.id)
        // Only what was needed was fetched.
        #expect(throws: ExternalBindleError.noUpstream(invoice.id)) {
            try offline.fetchParcels([invoice.parcels[1].label], of: invoice.id)
        }
    }

    @Test("of the store come before the upstream's") func ofTheStoreComeBeforeTheUpstreams() throws {
        _ = try publish("lib/1.0.0", "upstream")
        let own = try Samples.invoice("lib/1.0.0", "own")
        _ = try store.create(own, mode: .development)
        #expect(try externals().invoice(own.id) == own)
    }

    @Test("may be yanked") func mayBeYanked() throws {
        let invoice = try publish("lib/1.0.0", "one")
        try server.store.yank(invoice.id)
        let externals = try externals()
        #expect(try externals.invoice(invoice.id).isYanked)
        try externals.fetchParcels([invoice.parcels[0].label], of: invoice.id)
        #expect(throws: StoreError.yanked(invoice.id)) { try store.invoice(invoice.id) }
        #expect(try ExternalBindles(store: store, upstream: nil).invoice(invoice.id).isYanked)
    }

    @Test("that cannot be found say why") func thatCannotBeFoundSayWhy() throws {
        let id = try BindleID("lib/9.0.0")
        let missing = try #require(throws: ExternalBindleError.self) { try externals().invoice(id) }
        #expect(missing == .notFound(id, server: server.url, parcel: nil))
        let nowhere = ExternalBindles(
            store: store, upstream: .init(client: try BindleClient(baseURL: "http://127.0.0.1:1/v1")))
        let unreachable = try #require(throws: ExternalBindleError.self) { try nowhere.invoice(id) }
        #expect(unreachable.description.contains("http://127.0.0.1:1/v1 cannot be reached"))
        let alone = ExternalBindles(store: store, upstream: nil)
        let advice = try #require(throws: ExternalBindleError.self) { try alone.invoice(id) }
        #expect(advice.description.contains("--upstream"))
    }

    @Test("have parcels that the upstream may lack") func haveParcelsThatTheUpstreamMayLack() throws {
        let invoice = try Samples.invoice("lib/1.0.0", "one")
        _ = try server.store.create(invoice, mode: .immutable)
        let externals = try externals()
        _ = try externals.invoice(invoice.id)
        #expect(throws: ExternalBindleError.notFound(invoice.id, server: server.url, parcel: "file0")) {
            try externals.fetchParcels([invoice.parcels[0].label], of: invoice.id)
        }
        #expect(try store.parcelCount() == 0)
    }

    @Test("are verified where that is asked for") func areVerifiedWhereThatIsAskedFor() throws {
        let unsigned = try publish("lib/1.0.0", "one")
        let key = SecretKey(label: "Ada", roles: [.creator])
        let keyring = Keyring(entries: [key.keyringEntry])
        #expect(throws: ExternalBindleError.notTrusted(unsigned.id, server: server.url, .unsigned(unsigned.id))) {
            try externals(.creativeIntegrity, keyring).invoice(unsigned.id)
        }
        #expect(throws: StoreError.noSuchBindle(unsigned.id)) { try store.invoice(unsigned.id) }
        var signed = try Samples.invoice("lib/2.0.0", "one")
        try signed.sign(with: key, as: .creator, at: 1_700_000_000)
        _ = try server.store.create(signed, mode: .immutable)
        #expect(try externals(.creativeIntegrity, keyring).invoice(signed.id) == signed)
    }
}
