import TestSupport
import Testing

import Bindle

@Suite("A Bindle server that asks for signatures and gives its own")
struct ServerTrustTests {
    let creator = SecretKey(label: "Creator", roles: [.creator])
    let host = SecretKey(label: "Host", roles: [.host])

    private func server(_ mode: BindleStore.Mode, strategy: VerificationStrategy? = nil) throws -> RunningServer {
        try RunningServer(
            mode,
            trust: ServerTrust(
                strategy: strategy, keyring: Keyring(entries: [creator.keyringEntry]), hostKey: HostKey(host)))
    }

    @Test("takes in what its strategy trusts only") func takesInWhatItsStrategyTrustsOnly() throws {
        let server = try server(.immutable, strategy: .greedyVerification)
        var invoice = try Samples.invoice("app/1.0.0")
        let refusal = try server.post("/_i", invoice.toml)
        #expect(refusal.status == 400)
        #expect(try refusal.document()["error"]?.string == "app/1.0.0 is not signed")
        try invoice.sign(with: creator, as: .creator, at: 0)
        #expect(try server.post("/_i", invoice.toml).status == 201)
    }

    @Test("signs as host, and gives out the key") func signsAsHostAndGivesOutTheKey() throws {
        let server = try server(.development)
        let client = try BindleClient(baseURL: server.url)
        let invoice = try client.create(Samples.invoice("app/1.0.0")).invoice
        #expect(invoice.signatures.map(\.by) == ["Host"])
        #expect(try client.invoice(invoice.id) == invoice)
        let keys = try client.keys()
        #expect(keys == Keyring(entries: [host.keyringEntry]))
        try VerificationStrategy.multipleAttestation([.host]).verify(invoice, with: keys)
        #expect(try client.keys(for: [.creator]).entries.isEmpty)
        #expect(try server.get("/bindle-keys").document()["key"]?.array?.count == 1)
        #expect(try server.get("/bindle-keys?roles=king").status == 400)
    }

    @Test("keeps its signature when the same invoice is handed in again")
    func keepsItsSignatureWhenTheSameInvoiceIsHandedInAgain() throws {
        let server = try server(.development)
        let invoice = try Samples.invoice("app/1.0.0", "one")
        let first = try server.post("/_i", invoice.toml)
        let again = try server.post("/_i", invoice.toml)
        #expect(first.text == again.text)
        let changed = try server.post("/_i", Samples.invoice("app/1.0.0", "two").toml)
        let table = try #require(try changed.document()["invoice"]?.table)
        #expect(try Invoice(table).signatures.count == 1)
    }

    @Test("without a key has none to give out") func withoutAKeyHasNoneToGiveOut() throws {
        let server = try RunningServer(.development)
        #expect(try BindleClient(baseURL: server.url).keys().entries.isEmpty)
    }
}
