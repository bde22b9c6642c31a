import Archive
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// Bindles that a running sandbox takes in, and what becomes of them.
@Suite(.timeLimit(.minutes(15)))
struct FeedingTests {
    private func send(
        _ method: HTTP.Method, _ url: String, _ body: [UInt8] = [], type: String = "application/json",
        headers: Headers = [:]
    ) throws -> (status: Int, body: JSONObject) {
        var all = headers
        all.set("Content-Type", type)
        let response = try Client().send(
            ClientRequest(method, HTTPURL(url), headers: all, body: body.isEmpty ? .empty : .bytes(body)))
        let text = try response.readAll(limit: 1 << 20)
        return (response.status.code, (try? JSONValue(parsing: text).object) ?? [:])
    }

    private func tar(_ files: KeyValuePairs<String, String>) throws -> [UInt8] {
        try TarArchive.bytes(of: files)
    }

    @Test("Files are dropped, released, compared and fetched by another sandbox; pages of others get nothing")
    func drop() async throws {
        let app = try SmallApp()
        let scene = try await UpTests.Scene(app)
        let control = scene.bindleURL.dropLast("/v1".count)
        let files = try tar([
            "shop/shop.wat": SmallApp.handler(answering: "shop"), "shop/a.txt": "a", "shop/.env": "KEY=1",
        ])
        let fed = try send(.post, control + "/api/v1/feed/files", files, type: "application/x-tar")
        #expect(fed.status == 201 && fed.body["bindle"] == "shop/0.1.0", "\(fed)")
        #expect(fed.body["notes"]?.array?.count == 1)
        // What serves is the project's, still.
        #expect(try get(scene.url + "hello").body == "hello 1")
        let released = try Program.run(["release", "1.0.0", "--of", "shop/0.1.0", "--project", app.path])
        #expect(released.output.hasPrefix("Released shop/1.0.0, 2 parcels,"), "\(released)")
        let difference = try Program.run([
            "release", "diff", "bindle:shop/0.1.0", "shop/1.0.0", "--project", app.path,
        ])
        #expect(difference.status == 0 && difference.output == "", "\(difference)")

        let headers: Headers = ["Origin": String(scene.url.dropLast()), "Sec-Fetch-Site": "same-site"]
        for (path, body, type) in [
            ("/api/v1/feed/files", files, "application/x-tar"),
            ("/api/v1/feed", Array(#"{"url": "\#(scene.url)x.tar.gz"}"#.utf8), "application/json"),
            ("/api/v1/releases", Array(#"{"revision": 1}"#.utf8), "application/json"),
        ] {
            #expect(try send(.post, control + path, body, type: type, headers: headers).status == 403, "\(path)")
        }
        #expect(try send(.delete, control + "/api/v1/release?id=shop/1.0.0", headers: headers).status == 403)

        let other = try SmallApp()
        let second = try await UpTests.Scene(other)
        let url = Array(#"{"url": "\#(scene.bindleURL)/_i/shop/0.1.0"}"#.utf8)
        let fetched = try send(.post, second.bindleURL.dropLast("v1".count) + "api/v1/feed", url)
        #expect(fetched.status == 201 && fetched.body["parcels"]?.integer == 2, "\(fetched)")
        // Its own server is as good as another, and does not wait for itself.
        let own = Array(#"{"url": "\#(second.bindleURL)/_i/shop/0.1.0"}"#.utf8)
        #expect(
            try send(.post, second.bindleURL.dropLast("v1".count) + "api/v1/feed", own).body["effect"] == "unchanged")
        // What a sandbox was killed at is removed by the next.
        let remains = other.path + "/.hippo/.feeding-999999999-1"
        try FileManager.default.createDirectory(atPath: remains + "/a", withIntermediateDirectories: true)
        kill(second.sandbox.id, SIGKILL)
        _ = try await second.sandbox.waitForEnd()
        let again = try SandboxProcess(other.path)
        try await again.next("ready")
        #expect(!FileManager.default.fileExists(atPath: remains))
        #expect(FileManager.default.fileExists(atPath: other.path + "/.hippo"))
    }

    @Test("A release is there after the sandbox was killed at any time, whole or not at all") func killed() async throws
    {
        let app = try SmallApp()
        var made: [String] = []
        for round in 0..<6 {
            let sandbox = try SandboxProcess(app.path)
            let control = (try await sandbox.next("ready")["bindle"]?.string ?? "").dropLast("v1".count)
            try app.save(String(repeating: "round \(round) ", count: 10_000), to: "assets/large.txt")
            let revision = try #require(try await sandbox.next("serving")["revision"]?.integer)
            for number in 0..<3 {
                let version = "2.\(round).\(number)"
                let body = Array(#"{"revision": \#(revision), "version": "\#(version)"}"#.utf8)
                #expect(try send(.post, control + "api/v1/releases", body).status == 201)
                made.append("small/\(version)")
            }
            // One more, of which nobody knows whether it is made.
            let body = Array(#"{"revision": \#(revision), "version": "3.\#(round).0"}"#.utf8)
            let url = String(control + "api/v1/releases")
            let sending = Thread { _ = try? self.send(.post, url, body) }
            sending.start()
            usleep(UInt32.random(in: 0..<3_000))
            kill(sandbox.id, SIGKILL)
            _ = try await sandbox.waitForEnd()
        }
        let list = try Program.run(["release", "list", "--json", "--project", app.path])
        let releases = try JSONValue(parsing: Array(list.output.utf8)).object?["releases"]?.array ?? []
        let ids = releases.compactMap { $0.object?["id"]?.string }
        #expect(Set(made).isSubset(of: ids), "\(ids)")
        for id in ids {
            let difference = try Program.run(["release", "diff", id, id, "assets/large.txt", "--project", app.path])
            #expect(difference.status == 0, "\(id): \(difference)")
        }
        let check = try Program.run(["bindle", "check", "--store", app.path + "/.hippo/bindles.sqlite"])
        #expect(check.status == 0, "\(check)")
    }
}
