import Bindle
import Foundation
import HTTP
import TestSupport
import Testing

/// The commands of `hippo-dev bindle` on a reference server's directory, and on a store in front of another server.
@Suite("Commands for whole stores of other kinds", .timeLimit(.minutes(15)))
struct WholeStoreCommandTests {
    private let directory: TemporaryDirectory
    private let invoice: Invoice

    init() throws {
        directory = try TemporaryDirectory()
        invoice = Invoice(
            bindle: .init(id: try BindleID("app/1.0.0")),
            parcels: ["one", "two"].map { text in
                let digest = SHA256.hash(text.utf8).hex
                return Parcel(label: Label(sha256: digest, mediaType: "text/plain", name: text, size: text.utf8.count))
            })
    }

    private func push(to url: String, _ credentials: BindleClient.Credentials = .none) throws {
        try BindleClient(baseURL: url, credentials: credentials).push(invoice) { .bytes(Array($0.name.utf8)) }
    }

    private func parcel(_ index: Int, at url: String) throws -> [UInt8] {
        try BindleClient(baseURL: url).parcel(invoice.parcels[index].label, of: invoice.id)
    }

    @Test("A reference server's directory is made, served, written and exported from")
    func reference() throws {
        let path = directory.path + "/data"
        let key = directory.path + "/signing-keys.toml"
        do {
            let server = try StoreServer(store: "dir:" + path, ["--strict", "--host-key", key])
            try push(to: server.url)
            #expect(try parcel(1, at: server.url) == Array("two".utf8))
            // Killed with an upload under way.
            let socket = try RawSocket(port: UInt16(try #require(URL(string: server.url)?.port)))
            let next = Invoice(
                bindle: .init(id: try BindleID("next/1.0.0")),
                parcels: [
                    Parcel(
                        label: Label(
                            sha256: SHA256.hash("three".utf8).hex, mediaType: "a/b", name: "c", size: 5_000_000))
                ])
            _ = try BindleClient(baseURL: server.url).create(next)
            let digest = next.parcels[0].label.sha256
            try socket.send(
                "POST /v1/_i/next/1.0.0@\(digest) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n"
                    + String(repeating: "x", count: 500_000))
            #expect(try eventually { try !leftovers(in: path).isEmpty })
            server.kill()
            #expect(!FileManager.default.fileExists(atPath: "\(path)/parcels/\(digest)"))
        }
        let server = try StoreServer(store: path, ["--strict", "--host-key", key])
        #expect(try leftovers(in: path) == [])
        let signed = try BindleClient(baseURL: server.url).invoice(invoice.id)
        #expect(signed.signatures.map(\.role) == [.host] && signed.parcels == invoice.parcels)
        let file = "\(path)/invoices/\(invoice.id.digest.hex)/invoice.toml"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("\n[[parcel]]\n[parcel.label]\nsha256 = ") && text.contains("role = \"host\""))
        let result = try Program.run([
            "bindle", "export", "app/1.0.0", "--store", "dir:" + path, "-o", directory.path + "/out",
        ])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try StandaloneBindle(invoice.id, in: directory.path + "/out").presentParcels.count == 2)
    }

    /// What is being made there.
    private func leftovers(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasPrefix(".hippo-dev-") }
    }

    @Test("A sandbox's store is imported into one, and a standalone bindle")
    func importing() throws {
        let (file, path) = (directory.path + "/bindles.sqlite", directory.path + "/data")
        do {
            let store = try BindleStore(path: file)
            _ = try store.save(invoice) { .bytes(Array($0.name.utf8)) }
            var other = invoice
            other.bindle.id = try BindleID("yanked/1.0.0")
            _ = try store.save(other) { .bytes(Array($0.name.utf8)) }
            try store.yank(other.id)
        }
        let result = try Program.run(["bindle", "import", file, "--store", "dir:" + path, "--no-host-key"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "app/1.0.0: imported into \(path)\nyanked/1.0.0: imported into \(path)\n")
        let bindles = try ReferenceDirectory(path).bindles()
        #expect(
            bindles.map(\.invoice.isYanked) == [false, true] && bindles.allSatisfy { $0.presentParcels.count == 2 })
        #expect(bindles[0].invoice == invoice)

        let standalone = try StandaloneBindle.write(invoice, in: directory.path) { label, receive in
            try Array(label.name.utf8).withUnsafeBytes { try receive($0) }
        }
        let second = directory.path + "/second"
        let single = try Program.run(["bindle", "import", standalone.directory, "--store", "dir:" + second])
        #expect(single.status == 0, "\(single.errors)")
        // Signed, since a reference server gives it out as it is.
        #expect(try ReferenceDirectory(second).bindles().map { $0.invoice.signatures.map(\.role) } == [[.host]])
        // And back.
        let back = try Program.run(["bindle", "import", path, "--store", directory.path + "/back.sqlite"])
        #expect(back.status == 0, "\(back.errors)")
        #expect(try BindleStore(path: directory.path + "/back.sqlite").invoice(invoice.id) == invoice)
    }

    @Test("What another server has is fetched with the user's credentials, and is there when that server is not")
    func upstream() throws {
        let tokens = directory.path + "/tokens"
        try "t0ken\n".write(toFile: tokens, atomically: true, encoding: .utf8)
        let upstream = try StoreServer(store: directory.path + "/upstream.sqlite", ["--token-file", tokens])
        try push(to: upstream.url, .bearer(token: "t0ken"))
        let stranger = try StoreServer(store: directory.path + "/stranger.sqlite", ["--upstream", upstream.url])
        let error = #expect(throws: BindleClientError.self) { try parcel(0, at: stranger.url) }
        #expect(error?.status == .badGateway && error?.description.contains("401") == true)
        let front = try StoreServer(
            store: directory.path + "/front.sqlite", ["--upstream", upstream.url],
            environment: ["BINDLE_TOKEN": "t0ken"])
        #expect(try parcel(0, at: front.url) == Array("one".utf8))
        upstream.kill()
        #expect(try parcel(0, at: front.url) == Array("one".utf8))
        let outage = #expect(throws: BindleClientError.self) { try parcel(1, at: front.url) }
        #expect(outage?.status == .serviceUnavailable && outage?.description.contains(upstream.url) == true)
    }

    @Test(
        "What does not fit together is a mistake of use",
        arguments: [
            (
                ["bindle", "serve", "--upstream-limit", "5MB", "--listen", "0"],
                "'--upstream-limit' goes with '--upstream'"
            ),
            (["bindle", "serve", "--upstream", "server", "--listen", "0"], "the upstream 'server'"),
            (
                ["bindle", "serve", "--store", "dir:x", "--parcels", "memory", "--listen", "0"],
                "x is a reference server's"
            ),
            (["up", "--store", "dir:x"], "'dir:x' is a reference server's directory"),
        ])
    func mistakes(arguments: [String], message: String) throws {
        let app = try SmallApp()
        let result = try Program.run(arguments, in: app.path)
        #expect(result.status != 0 && result.errors.contains(message), "\(result)")
        #expect(!FileManager.default.fileExists(atPath: app.path + "/x"))
    }
}
