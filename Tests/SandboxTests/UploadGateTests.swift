import Archive
import Bindle
import Foundation
import HTTP
import JSON
import Synchronization
import TestSupport
import Testing
import WebGuard

@testable import ControlPage
@testable import HippoAPI
@testable import Sandbox

@Suite("The gate for uploads")
struct UploadGateTests {
    let directory: TemporaryDirectory
    let scratch: String
    let store: BindleStore
    let storage: HippoStorage
    let clock = TestClock()
    let description: APIDescription
    let gate: UploadGate

    init() throws {
        directory = try TemporaryDirectory()
        scratch = directory.path + "/scratch"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        store = try BindleStore(path: directory.path + "/bindles.sqlite", isTemporary: true)
        storage = HippoStorage(path: directory.path + "/config/record.json")
        description = try APIDescription(PageFile.description.bytes)
        gate = UploadGate(
            feed: Feed(store: store, scratch: scratch) { nil }, store: store, storage: storage,
            channels: StoredChannels(store: store), webGuard: WebGuard(), time: clock)
    }

    private var now: Int64 { clock.nanosecondsSince1970 / 1_000_000_000 }

    private func token(
        _ names: [String] = ["app"], channels: [String] = ["dev"], lifetime: Duration? = nil
    ) throws -> String {
        try storage.update { (record) throws(UploadTokenError) in
            try record.addToken(label: "ci", names: names, channels: channels, lifetime: lifetime, now: now).secret
        }.get()
    }

    /// What is answered, once it has been held against the API's document.
    private func upload(
        _ archive: [UInt8], _ query: String = "?name=app&version=1.0.0", token: String?,
        type: String = "application/x-tar"
    ) throws -> (status: Int, body: JSONObject, unread: Int) {
        var headers: Headers = ["Content-Type": type]
        if let token { headers.set("Authorization", "Bearer \(token)") }
        let body = RequestBody(archive)
        let response = try #require(
            gate.respond(to: Request(method: .post, target: "/api/v1/upload" + query, headers: headers), body))
        guard case .bytes(let bytes) = response.body else { return (response.status.code, [:], 0) }
        try description.check(response.status.code, bytes, to: "POST", "/upload")
        let answer = try #require(try JSONValue(parsing: bytes).object)
        return (response.status.code, answer, try body.readAll(limit: 1 << 30).count)
    }

    /// Whether nothing is left of what was handed in.
    private func isEmpty() throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: scratch).isEmpty && store.list().isEmpty
            && store.releaseCount() == 0 && store.channels().isEmpty
    }

    private static func facts(_ name: String = "app", _ version: String = "1.0.0") -> String {
        "[bindle]\nname = \"\(name)\"\nversion = \"\(version)\"\n[[handler]]\nname = \"app.wasm\"\nroute = \"/\"\n"
    }

    private static let module = "\0asm\u{1}\0\0\0"

    private static func tar(_ files: KeyValuePairs<String, String>) throws -> [UInt8] {
        try TarArchive.bytes(of: files)
    }

    private static func project(_ more: String = "") throws -> [UInt8] {
        try tar(["app/HIPPOFACTS": facts() + more, "app/app.wasm": module])
    }

    private static func packed(_ bytes: [UInt8]) throws -> [UInt8] {
        var packed: [UInt8] = []
        let writer = try GzipWriter { packed += $0 }
        try bytes.withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        return packed
    }

    // MARK: What is let in

    @Test("A project becomes a release, on a channel if one is named, and the same once more changes nothing")
    func releases() throws {
        let token = try token()
        let first = try upload(try Self.project(), "?name=app&version=1.0.0&channel=dev", token: token)
        #expect(first.status == 201 && first.body["release"] == "app/1.0.0", "\(first)")
        #expect(first.body["channel"]?.object?["release"] == "app/1.0.0")
        #expect(try store.channels().map(\.name) == ["dev"])
        let again = try upload(try Self.packed(try Self.project()), token: token, type: "application/gzip")
        #expect(again.status == 200 && again.body["effect"] == "unchanged", "\(again)")
        #expect(try store.release(BindleID("app/1.0.0")).parcelCount == 1)
        let other = try upload(
            try Self.tar(["HIPPOFACTS": Self.facts(), "app.wasm": Self.module + "\0\u{2}\u{1}a"]), token: token)
        #expect(other.status == 409, "\(other)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [])
    }

    @Test("A channel that pins a release goes on to what is uploaded to it") func pinnedChannel() throws {
        let token = try token()
        _ = try upload(try Self.project(), token: token)
        try store.put(Channel(app: "app", name: "dev", selection: .pin(SemanticVersion(1, 0, 0))))
        let next = try Self.tar(["HIPPOFACTS": Self.facts("app", "1.1.0"), "app.wasm": Self.module])
        _ = try upload(next, "?name=app&version=1.1.0&channel=dev", token: token)
        #expect(try store.channels().map(\.selection) == [.pin(SemanticVersion(1, 1, 0))])
    }

    @Test("Name and channel are checked against the token before the body is read") func permissions() throws {
        let archive = try Self.project()
        func status(_ token: String?, _ query: String = "?name=app&version=1.0.0") throws -> Int {
            let answer = try upload(archive, query, token: token)
            #expect(answer.unread == archive.count)
            return answer.status
        }
        let good = try token()
        #expect(try status(nil) == 401)
        #expect(try status("hippo_" + String(repeating: "0", count: 64)) == 401)
        #expect(try status(good, "?name=other&version=1.0.0") == 403)
        #expect(try status(good, "?name=app&version=1.0.0&channel=stable") == 403)
        #expect(try status(try token(channels: []), "?name=app&version=1.0.0&channel=dev") == 403)
        #expect(try status(good, "?name=app&version=1.0") == 400)
        #expect(try status(good, "?name=app") == 400)
        #expect(try status(good, "?name=app&version=1.0.0&more=1") == 400)
        #expect(try status(try token(["*"], channels: ["*"]), "?name=app&version=1.0.0&channel=..") == 400)
        #expect(try upload(archive, token: good, type: "text/plain").status == 415)
        let short = try token(lifetime: .seconds(60))
        clock.advance(by: .seconds(60))
        #expect(try status(short) == 401)
        let id = try #require(try storage.load()?.tokens.first?.id.description)
        try storage.update { (record) throws(UploadTokenError) in try record.removeToken(id) }.get()
        #expect(try status(good) == 401)
        #expect(try isEmpty())
    }

    // MARK: What is refused

    @Test("What HIPPOFACTS says otherwise, or names and is not there, is refused by name") func contradictions() throws
    {
        let token = try token(["*"])
        func problem(_ files: KeyValuePairs<String, String>) throws -> String {
            let answer = try upload(try Self.tar(files), token: token)
            #expect(answer.status == 422)
            return answer.body["error"]?.string ?? ""
        }
        #expect(try problem(["HIPPOFACTS": Self.facts("other"), "app.wasm": Self.module]).contains("other/1.0.0"))
        #expect(try problem(["HIPPOFACTS": Self.facts("app", "2.0.0"), "app.wasm": Self.module]).contains("app/2.0.0"))
        #expect(try problem(["HIPPOFACTS": Self.facts()]).contains("app.wasm"))
        #expect(try problem(["app.wasm": Self.module]).contains("HIPPOFACTS"))
        #expect(try problem(["HIPPOFACTS": "[bindle"]).contains("HIPPOFACTS"))
        #expect(try isEmpty())
    }

    /// An entry as a hostile program writes it.
    private static func entry(
        _ name: [UInt8], type: Character = "0", size: Int = 0, link: String = ""
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: [UInt8], at offset: Int) {
            header.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        put(Array(name.prefix(100)), at: 0)
        put(Array("0000644\0".utf8), at: 100)
        let octal = String(size, radix: 8)
        put(Array((String(repeating: "0", count: 11 - octal.count) + octal).utf8), at: 124)
        put(Array("00000000000".utf8), at: 136)
        put(Array("        ".utf8), at: 148)
        put(Array(String(type).utf8), at: 156)
        put(Array(link.utf8), at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(Array((String(repeating: "0", count: 6 - sum.count) + sum + "\0 ").utf8), at: 148)
        return header
    }

    /// Archives that nobody packs who means well, by what is wrong with them.
    private static func hostileArchives() throws -> [(name: String, archive: [UInt8], type: String)] {
        let good = try project()
        let body = Array(good.dropLast(1024))
        let end = [UInt8](repeating: 0, count: 1024)
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        var archives: [(name: String, archive: [UInt8], type: String)] = [
            ("symbolic link", body + entry(text("app/link"), type: "2", link: "/etc/passwd") + end, "x-tar"),
            ("hard link", body + entry(text("app/link"), type: "1", link: "app/app.wasm") + end, "x-tar"),
            ("character device", body + entry(text("app/null"), type: "3") + end, "x-tar"),
            ("block device", body + entry(text("app/disk"), type: "4") + end, "x-tar"),
            ("pipe", body + entry(text("app/pipe"), type: "6") + end, "x-tar"),
            ("sparse file", body + entry(text("app/sparse"), type: "S", size: 1 << 30) + end, "x-tar"),
            ("path that leads out", body + entry(text("app/../../out")) + end, "x-tar"),
            ("absolute path", body + entry(text("/tmp/out")) + end, "x-tar"),
            ("name that is there twice", body + entry(text("app/app.wasm")) + end, "x-tar"),
            ("file below a file", body + entry(text("app/app.wasm/below")) + end, "x-tar"),
            ("name that is not UTF-8", body + entry(text("app/") + [0xFF, 0xFE]) + end, "x-tar"),
            ("file that is too large", body + entry(text("app/large"), size: 2 << 30) + end, "x-tar"),
            ("end in a header", Array(body.dropLast(700)), "x-tar"),
            ("end in a file", body + entry(text("app/rest"), size: 5000) + [1, 2, 3], "x-tar"),
            ("something else", text("this is no archive at all"), "x-tar"),
            ("nothing", [], "x-tar"), ("nothing packed", [], "gzip"),
            ("tar that is called gzip", good, "gzip"), ("gzip that is called tar", try packed(good), "x-tar"),
            ("end in gzip", Array(try packed(good).dropLast(9)), "gzip"),
            ("something after gzip", try packed(good) + [1], "gzip"),
        ]
        let zeros = [UInt8](repeating: 0, count: 80 << 20)
        let bomb = try packed(body + entry(text("app/zeros"), size: zeros.count) + zeros + end)
        archives.append(("bomb", bomb, "gzip"))
        return archives
    }

    @Test("Hostile archives are refused, and nothing is left of them") func hostileArchives() throws {
        let token = try token()
        for (name, archive, type) in try Self.hostileArchives() {
            let answer = try upload(archive, token: token, type: "application/\(type)")
            #expect([413, 422].contains(answer.status), "\(name): \(answer)")
            #expect(try isEmpty(), "\(name)")
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/out"))
    }

    @Test("A hundred uploads at once, hostile ones among them, make one release of those that are right")
    func parallelUploads() throws {
        let token = try token()
        let hostile = try Self.hostileArchives().filter { $0.name != "bomb" }
        let good = try Self.project()
        let other = try Self.project("# of other content\n")
        let statuses = Mutex<[Int: Int]>([:])
        DispatchQueue.concurrentPerform(iterations: 100) { number in
            let (archive, type) =
                number % 3 == 0
                ? (hostile[number / 3 % hostile.count].archive, hostile[number / 3 % hostile.count].type)
                : (number % 3 == 1 ? good : other, "x-tar")
            let status = (try? upload(archive, token: token, type: "application/\(type)").status) ?? 0
            statuses.withLock { $0[status, default: 0] += 1 }
        }
        // Comments in HIPPOFACTS are no content.
        #expect(statuses.withLock { $0[201] } == 1)
        #expect(statuses.withLock { $0[200] } == 65)
        #expect(statuses.withLock { ($0[422] ?? 0) + ($0[413] ?? 0) } == 34)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch) == [])
        #expect(try store.releases().map(\.id.description) == ["app/1.0.0"])
    }

    @Test("Two contents for one ID at once make one release, and the other one is a conflict") func clashes() throws {
        let token = try token()
        let statuses = Mutex<[Int]>([])
        let modules = (0..<8).map { Self.module + "\0\u{2}\u{1}\($0)" }
        DispatchQueue.concurrentPerform(iterations: modules.count) { number in
            let archive = try? Self.tar(["HIPPOFACTS": Self.facts(), "app.wasm": modules[number]])
            let status = (try? upload(archive ?? [], token: token).status) ?? 0
            statuses.withLock { $0.append(status) }
        }
        #expect(statuses.withLock { $0.sorted() } == [201] + Array(repeating: 409, count: 7))
    }
}

/// Channels that nobody runs.
private struct StoredChannels: ChannelControl {
    let store: BindleStore

    func channels() throws(StoreError) -> [ChannelStatus] { [] }

    func change(_ key: ChannelKey, _ change: ChannelChange) throws -> (status: ChannelStatus, isNew: Bool) {
        let channel = try change.apply(to: key, among: try store.channels())
        try store.put(channel)
        let release = try store.release(of: channel)
        return (ChannelStatus(channel: channel, url: nil, release: release, condition: .idle, data: nil), true)
    }

    func remove(_ key: ChannelKey) throws(StoreError) -> ChannelStatus {
        throw .noSuchChannel(app: key.app, name: key.name)
    }

    func environment() throws(StoreError) -> EnvironmentReport? { nil }
}
