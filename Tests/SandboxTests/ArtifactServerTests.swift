import Bindle
import Foundation
import HTTP
import TestSupport
import Testing
import WebGuard

@testable import Sandbox

@Suite("Artifacts at the control address")
struct ArtifactServerTests {
    let directory: TemporaryDirectory
    let store: BindleStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
    }

    /// Saves an app of one module and one file.
    private func save(_ page: String, id: String = "org/app/1.0.0-a+b") throws {
        func label(_ name: String, _ text: String, _ type: String, _ feature: WAGIFeature) -> Label {
            var label = Label(
                sha256: SHA256.hash(text.utf8).hex, mediaType: type, name: name, size: text.utf8.count)
            label.wagi = feature
            return label
        }
        let texts = ["module", page]
        var invoice = Invoice(
            bindle: .init(id: try BindleID(id)),
            parcels: [
                Parcel(
                    label: label("a.wasm", "module", "application/wasm", .module(route: "/a", entrypoint: nil)),
                    conditions: Conditions(requires: ["files"])),
                Parcel(
                    label: label("index.html", page, "text/html", .file), conditions: Conditions(memberOf: ["files"])),
            ])
        invoice.groups = [Group(name: "files")]
        _ = try store.saveRevision(invoice) { (label) throws(StoreError) in
            .bytes(Array(texts.first { SHA256.hash($0.utf8).hex == label.sha256 }!.utf8))
        }
    }

    private func server(token: String? = nil) -> ArtifactServer {
        ArtifactServer(
            store: store, webGuard: WebGuard(), authentication: token.map { ServerAuthentication(tokens: [$0]) })
    }

    private struct Answer {
        let status: Int
        let bytes: [UInt8]
        let headers: Headers
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    private func get(
        _ target: String, from server: ArtifactServer? = nil, _ headers: Headers = [:], method: HTTP.Method = .get
    ) throws -> Answer {
        var all: Headers = ["Host": "127.0.0.1:8080"]
        for field in headers { all.add(field.name, field.value) }
        let response = (server ?? self.server()).respond(
            to: Request(method: method, target: "/artifacts/" + target, headers: all))
        let bytes: [UInt8]
        switch response.body {
        case .bytes(let all): bytes = all
        case .file(let file, let range):
            bytes = try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
                count = try file.read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
            }
        default: bytes = []
        }
        return Answer(status: response.status.code, bytes: bytes, headers: response.headers)
    }

    private static let archive = "org/app/1.0.0-a+b.tar.gz"

    @Test("A release is an archive with its checksum beside it, and stays when its bindle goes on") func release()
        throws
    {
        try save("one")
        try store.makeRelease(of: .bindle(BindleID("org/app/1.0.0-a+b")))
        let first = try get(Self.archive)
        #expect(first.status == 200 && first.headers["Content-Encoding"] == nil)
        #expect(first.bytes.starts(with: [0x1F, 0x8B]))
        let digest = SHA256.hash(first.bytes).hex
        #expect(try get(Self.archive + ".sha256").text == "\(digest)  1.0.0-a+b.tar.gz\n")
        try save("two")
        #expect(try get("org%2Fapp/1.0.0-a%2Bb.tar.gz?sha256=\(digest)").bytes == first.bytes)
        #expect(try get(Self.archive + "?part=2").status == 404)
    }

    @Test("The checksum of a version that was replaced is answered with 410, which names the new one") func replaced()
        throws
    {
        try save("one")
        let old = SHA256.hash(try get(Self.archive).bytes).hex
        try save("two")
        let gone = try get(Self.archive + "?sha256=\(old)")
        let new = SHA256.hash(try get(Self.archive).bytes).hex
        #expect(old != new && gone.status == 410 && gone.text.contains(new))
        #expect(try get(Self.archive + "?sha256=\(new)").status == 200)
    }

    @Test("Where a token is asked for, the right checksum does in its place, for archives only") func token() throws {
        try save("one")
        let server = server(token: "secret-token-of-the-test")
        let token: Headers = ["Authorization": "Bearer secret-token-of-the-test"]
        let admitted = try get(Self.archive, from: server, token)
        let digest = SHA256.hash(admitted.bytes).hex
        #expect(admitted.status == 200)
        #expect(try get(Self.archive + "?sha256=\(digest)", from: server).bytes == admitted.bytes)
        let others = [
            Self.archive, Self.archive + ".sha256", Self.archive + ".sha256?sha256=\(digest)",
            Self.archive + "?sha256=\(String(digest.reversed()))", "none/1.0.0.tar.gz?sha256=\(digest)", "none",
            "hippo-dev.tar.gz", "org/app/1.0.0-a+b/invoice.toml?sha256=\(digest)",
        ]
        for target in others {
            let refused = try get(target, from: server)
            #expect(refused.status == 401 && refused.headers["WWW-Authenticate"] != nil, "\(target)")
        }
        #expect(try get("none/1.0.0.tar.gz", from: server, token).status == 404)
    }

    @Test("The program is an archive, with a list of the libraries that it needs") func program() throws {
        let archive = try get("hippo-dev.tar.gz")
        #expect(archive.status == 200)
        #expect(try get("hippo-dev.tar.gz.sha256").text == "\(SHA256.hash(archive.bytes).hex)  hippo-dev.tar.gz\n")
        let file = try directory.write(Data(archive.bytes), to: "program.tar.gz")
        let tar = try Process.run(
            URL(fileURLWithPath: "/bin/tar"), arguments: ["-xzf", file.path, "-C", directory.path])
        tar.waitUntilExit()
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        #expect(FileManager.default.isExecutableFile(atPath: directory.path + "/hippo-dev"))
        #expect(FileManager.default.contentsEqual(atPath: directory.path + "/hippo-dev", andPath: program.path))
        let list = try String(contentsOfFile: directory.path + "/LIBRARIES", encoding: .utf8)
        #expect(list.contains("  libc.so.6\n") && list.contains("ld-linux"))
    }

    @Test("The invoice and the parcels are there for the commands that export") func content() throws {
        try save("one")
        let invoice = try Invoice(try get("org/app/1.0.0-a+b/invoice.toml").bytes, as: .toml)
        #expect(invoice.parcels.map(\.label.name) == ["a.wasm", "index.html"])
        #expect(try get("org/app/1.0.0-a+b/\(SHA256.hash("one".utf8).hex).parcel").text == "one")
        #expect(try get("org/app/1.0.0-a+b/\(SHA256.hash("two".utf8).hex).parcel").status == 404)
    }

    @Test("Other methods, parameters and pages of other sites are refused") func refused() throws {
        try save("one")
        #expect(try get(Self.archive, method: .post).status == 405)
        #expect(try get(Self.archive + "?sha=1").status == 400 && get(Self.archive + "?part=0").status == 400)
        #expect(try get("org/app/1.0.0.zip").status == 404 && get("org/app.tar.gz").status == 404)
        #expect(try get(Self.archive, ["Origin": "http://example.com"]).status == 403)
        #expect(try get(Self.archive, ["Sec-Fetch-Site": "cross-site"]).status == 403)
    }
}
