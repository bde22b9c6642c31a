import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// A sandbox, and what its API tells of the requests that it keeps.
struct RecordingScene {
    let sandbox: SandboxProcess
    let url: String
    let api: String

    init(_ app: SmallApp, _ arguments: [String] = []) async throws {
        sandbox = try SandboxProcess(app.path, arguments)
        let ready = try await sandbox.next("ready")
        url = try #require(ready["app"]?.string)
        api = try #require(ready["bindle"]?.string).replacing("/v1", with: "/api/v1")
    }

    func call(_ path: String, posting body: String? = nil) throws -> (status: Int, body: JSONObject) {
        var request = ClientRequest(body == nil ? .get : .post, try HTTPURL(api + path))
        if let body {
            request.headers.set("Content-Type", "application/json")
            request.body = .bytes(Array(body.utf8))
        }
        let response = try Client().send(request)
        let bytes = try response.readAll(limit: 64 << 20)
        return (response.status.code, (try? JSONValue(parsing: bytes))?.object ?? [:])
    }

    /// The latest of the listed requests for a target, once there are so many.
    func listed(_ target: String, count: Int = 1) throws -> [JSONObject] {
        var found: [JSONObject] = []
        _ = eventually {
            let list = (try? call("/requests").body["requests"]?.array) ?? []
            found = list.compactMap(\.object).filter { $0["target"]?.string == target }
            return found.count >= count
        }
        try #require(found.count >= count, "\(target) is not in the list \(count) times")
        return found
    }

    func number(_ target: String) throws -> Int { try #require(try listed(target).last?["number"]?.integer) }

    func detail(_ number: Int) throws -> JSONObject {
        let answer = try call("/requests/\(number)")
        try #require(answer.status == 200, "\(answer.body.serialized)")
        return answer.body
    }

    func replay(_ number: Int, _ body: String) throws -> JSONObject {
        let answer = try call("/requests/\(number)/replay", posting: body)
        try #require(answer.status == 200, "\(answer.body.serialized)")
        return answer.body
    }
}
