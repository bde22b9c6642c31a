import Bindle
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@testable import ControlPage
@testable import HippoAPI

@Suite("Upload tokens")
struct TokenTests {
    let directory: TemporaryDirectory
    let storage: HippoStorage
    let clock = TestClock()
    let description: APIDescription

    init() throws {
        directory = try TemporaryDirectory()
        storage = HippoStorage(path: directory.path + "/api/record.json")
        description = try APIDescription(PageFile.description.bytes)
    }

    /// What is answered, once it has been held against the API's document.
    @discardableResult
    private func send(
        _ method: HTTP.Method, _ target: String, _ body: JSONObject? = nil
    ) throws -> (status: Int, body: JSONObject) {
        let path = String(target.prefix { $0 != "?" })
        let request = ControlRequest(
            Request(method: method, target: "/api/v1" + target, headers: ["Content-Type": "application/json"]),
            path: path.split(separator: "/").map(String.init),
            body: RequestBody(Array((body?.serialized ?? "").utf8)))
        let response: Response
        do throws(ControlFailure) {
            let answer = try TokenSection(storage, time: clock).respond(to: request)
            response = answer ?? Response(status: .notFound)
        } catch {
            response = error.response
        }
        var bytes: [UInt8] = []
        if case .bytes(let content) = response.body { bytes = content }
        try description.check(response.status.code, bytes, to: method.rawValue, path)
        return (response.status.code, (try? JSONValue(parsing: bytes).object) ?? [:])
    }

    @Test("are made, shown once, listed and revoked, and kept as digests") func life() throws {
        let made = try send(
            .post, "/tokens", ["label": "ci", "names": ["app", "some/lib"], "channels": ["dev"], "days": .integer(2)])
        #expect(made.status == 201)
        let secret = try #require(made.body["token"]?.string)
        #expect(secret.hasPrefix("hippo_") && secret.utf8.count == 70)
        #expect(try !String(contentsOfFile: storage.path, encoding: .utf8).contains(secret))
        let now = clock.nanosecondsSince1970 / 1_000_000_000
        func known() throws -> UploadToken? { try storage.load()?.token(ofField: "Bearer \(secret)", now: now) }
        let token = try #require(try known())
        #expect(token.isGood(forName: "some/lib") && !token.isGood(forName: "some"))
        #expect(token.isGood(forChannel: "dev") && !token.isGood(forChannel: "*"))
        #expect(try storage.load()?.token(ofField: "Bearer \(secret)0", now: now) == nil)
        #expect(try storage.load()?.token(ofField: "Basic \(secret)", now: now) == nil)
        #expect(try storage.load()?.token(ofField: "Bearer \(secret)", now: now + 2 * 86400) == nil)
        let listed = try #require(try send(.get, "/tokens").body["tokens"]?.array?.first?.object)
        #expect(listed["label"] == "ci" && listed["token"] == nil && listed["expired"] == .boolean(false))
        clock.advance(by: .seconds(2 * 86400))
        #expect(try send(.get, "/tokens").body["tokens"]?.array?.first?.object?["expired"] == .boolean(true))
        let id = try #require(listed["id"]?.string)
        #expect(try send(.delete, "/token?id=\(id)").status == 204)
        #expect(try send(.delete, "/token?id=\(id)").status == 404)
        #expect(try known() == nil)
    }

    @Test("say what is wrong with what they are to be") func problems() throws {
        let bodies: [JSONObject] = [
            [:], ["label": "ci"], ["label": "", "names": ["a"]], ["label": "ci", "names": []],
            ["label": "ci", "names": ["a@b"]], ["label": "a\u{1B}b", "names": ["a"]],
            ["label": "ci", "names": ["a"], "channels": ["a b"]], ["label": "ci", "names": "a"],
            ["label": "ci", "names": ["a"], "days": .integer(0)], ["label": "ci", "names": ["a"], "days": "1"],
            ["label": "ci", "names": ["a"], "more": .null],
        ]
        for body in bodies { #expect(try send(.post, "/tokens", body).status == 400, "\(body)") }
        #expect(try send(.get, "/tokens?a=1").status == 400)
        #expect(try send(.delete, "/token").status == 400)
        #expect(try send(.put, "/tokens", [:]).status == 405)
        #expect(try storage.load() == nil)
    }
}
