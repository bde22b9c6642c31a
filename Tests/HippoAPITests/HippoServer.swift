import Bindle
import ControlPage
import Foundation
import HTTP
package import JSON
import TestSupport
import Testing
import WebGuard

@testable import HippoAPI

/// Hippo's API over a store of its own.
final class HippoServer {
    let directory: TemporaryDirectory
    let store: BindleStore
    let storage: HippoStorage
    let clock = TestClock()
    let api: HippoAPI
    /// What requests show, once there is one.
    var token: String?

    init(_ registration: HippoAPI.Registration = .open) throws {
        directory = try TemporaryDirectory()
        store = try BindleStore(path: directory.path + "/bindles.sqlite")
        storage = HippoStorage(path: directory.path + "/config/api/record.json")
        api = HippoAPI(
            store: store, storage: storage, registration: registration, webGuard: WebGuard(),
            channels: StoredChannels(store: store), log: { ["a line of \($0)"] }, time: clock)
    }

    /// Puts a bindle in that differs from others by its description.
    func push(_ id: String, description: String? = nil) throws {
        _ = try store.create(
            Invoice(bindle: .init(id: try BindleID(id), description: description)), mode: .development)
    }

    struct Answer {
        let status: Int
        let headers: Headers
        let json: JSONValue?
        let isEmpty: Bool

        /// The ID that the answer is.
        var id: String? { json?.string.flatMap { HippoID($0) }?.description }
        subscript(name: String) -> JSONValue? { json?.object?[name] }
        var items: [JSONObject] { (self["items"]?.array ?? []).compactMap(\.object) }
        var error: String? { self["errors"]?.object?.members.first?.name }
    }

    @discardableResult
    func send(
        _ method: HTTP.Method, _ target: String, _ body: JSONValue? = nil, _ headers: Headers = [:],
        from address: String = "127.0.0.1:50000"
    ) throws -> Answer {
        var all: Headers = ["Host": "127.0.0.1:8080"]
        if let token { all.set("Authorization", "Bearer \(token)") }
        if body != nil { all.set("Content-Type", "application/json") }
        for field in headers { all.set(field.name, field.value) }
        let request = Request(
            method: method, target: target, headers: all, remoteAddress: SocketAddress.parse(address))
        let response = try #require(
            api.respond(to: request, RequestBody(body.map { Array($0.serialized.utf8) } ?? [])))
        var bytes: [UInt8] = []
        if case .bytes(let content) = response.body { bytes = content }
        return Answer(
            status: response.status.code, headers: response.headers, json: try? JSONValue(parsing: bytes),
            isEmpty: bytes.isEmpty)
    }

    /// Makes an account, and shows its token from here on.
    func signUp(_ name: String = "me") throws {
        let account: JSONValue = .object(["userName": .string(name), "password": "secret1"])
        #expect(try send(.post, "/api/accounts", account).status == 200)
        token = try send(.post, "/api/auth-tokens", account)["token"]?.string
        try #require(token != nil)
    }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        var object = JSONObject()
        for (name, value) in elements { object.append(name, value) }
        self = .object(object)
    }
}
