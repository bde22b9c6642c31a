import Dispatch
import Foundation
import HTTP
import Synchronization
import TOML
import TestSupport
import Testing

@testable import Bindle

@Suite("The key of a Bindle server")
struct HostKeyTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func key(_ path: String, _ problems: ProblemList = ProblemList()) -> HostKey {
        HostKey(path: path, onProblem: { problems.append($0) })
    }

    private final class ProblemList: Sendable {
        private let problems = Mutex<[String]>([])
        func append(_ text: String) { problems.withLock { $0.append(text) } }
        var all: [String] { problems.withLock { $0 } }
    }

    @Test("is made once, in the user's configuration directory, for its owner's eyes")
    func isMadeOnce() throws {
        let path = HostKey.standardPath(environment: ["XDG_CONFIG_HOME": directory.path + "/config"])
        #expect(path == directory.path + "/config/hippo/host_key.toml")
        // Nobody makes it before it is wanted.
        let lazy = key(path)
        #expect(FileManager.default.fileExists(atPath: path) == false)
        let first = try #require(lazy.key)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(key(path).key?.privateKey.seed == first.privateKey.seed)
        #expect(first.roles == [.host])
    }

    @Test("is one, whoever makes it at the same time") func isOne() throws {
        let path = directory.path + "/host_key.toml"
        let seeds = Mutex<Set<[UInt8]>>([])
        DispatchQueue.concurrentPerform(iterations: 8) { _ in
            let seed = key(path).key?.privateKey.seed ?? []
            _ = seeds.withLock { $0.insert(seed) }
        }
        #expect(seeds.withLock { $0.count } == 1)
    }

    @Test("cannot be made in some places, which is told once, and nothing is signed then") func isToldOnce() throws {
        let file = try directory.write("", to: "file")
        let problems = ProblemList()
        let key = key(file.path + "/host_key.toml", problems)
        #expect(key.key == nil && key.key == nil)
        #expect(problems.all.count == 1)
        let server = try RunningServer(.development, trust: ServerTrust(hostKey: key))
        let invoice = try Samples.invoice("app/1.0.0", "one")
        _ = try server.post("/_i", invoice.toml)
        #expect(try server.get("/_i/app/1.0.0").text == invoice.toml)
    }

    @Test("signs what is given out, in every form, the same each time, and nothing in the store")
    func signsWhatIsGivenOut() throws {
        let key = HostKey(SecretKey(label: "Host", roles: [.host]))
        let server = try RunningServer(.development, trust: ServerTrust(hostKey: key))
        let invoice = try Samples.invoice("app/1.0.0", "one", "two")
        _ = try server.store.save(invoice) { (label) throws(StoreError) in
            .bytes(Array((label.name == "file0" ? "one" : "two").utf8))
        }
        let client = try BindleClient(baseURL: server.url)
        let signed = try client.invoice(invoice.id)
        try VerificationStrategy.multipleAttestationGreedy([.host]).verify(signed, with: client.keys())
        #expect(signed.hasSameContent(as: invoice))
        #expect(try client.find(BindleQuery(terms: "app")).invoices == [signed])
        let json = try server.get("/_i/app/1.0.0", headers: ["Accept": "application/json"])
        #expect(try Invoice(json.bytes, as: .json) == signed)
        #expect(try server.store.invoiceText(invoice.id) == invoice.encoded(as: .toml))
        // Another server over the same store, as after a restart.
        let again = BindleServer(
            store: server.store, mode: .development, version: "1", trust: ServerTrust(hostKey: key))
        #expect(try again.invoices.invoice(invoice.id, includingYanked: false).text == signed.encoded(as: .toml))
    }

    @Test("does not make an invoice that comes back another one") func comesBack() throws {
        let key = HostKey(SecretKey(label: "Host", roles: [.host]))
        let server = try RunningServer(.development, trust: ServerTrust(hostKey: key))
        let invoice = try Samples.invoice("app/1.0.0", "one")
        let created = try server.post("/_i", invoice.toml)
        let signed = try server.get("/_i/app/1.0.0").text
        #expect(try Invoice(#require(created.document()["invoice"]?.table)).toml == signed)
        let generation = try server.store.storedInvoice(invoice.id, revision: nil) { _ in true }.stamp
        for text in [signed, invoice.toml] {
            #expect(try server.post("/_i", text).status == 202)
            #expect(try server.store.storedInvoice(invoice.id, revision: nil) { _ in true }.stamp == generation)
        }
        // What has other parcels is signed anew.
        _ = try server.post("/_i", Samples.invoice("app/1.0.0", "two").toml)
        let changed = try Invoice(toml: server.get("/_i/app/1.0.0").text)
        #expect(changed.signatures.count == 1)
        let client = try BindleClient(baseURL: server.url)
        try VerificationStrategy.multipleAttestationGreedy([.host]).verify(changed, with: client.keys())
    }

    @Test("is given out for roles in any spelling", arguments: ["h", "host", "Host", "creator,h", ""])
    func spellings(roles: String) throws {
        let server = try RunningServer(
            .development, trust: ServerTrust(hostKey: HostKey(SecretKey(label: "Host", roles: [.host]))))
        let answer = try server.get("/bindle-keys" + (roles.isEmpty ? "" : "?roles=\(roles)"))
        #expect(try Keyring(parsing: answer.bytes).entries.map(\.label) == ["Host"])
    }
}
