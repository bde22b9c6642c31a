import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@testable import HippoAPI

/// What the command-line clients of Hippo send, command by command, as it was recorded: of 0.14.1 all of it, of 0.10.0 what is
/// different. IDs and tokens in it stand for those of earlier answers.
@Suite("Recorded clients of Hippo")
struct RecordedClientTests {
    @Test("are satisfied by each answer, and those of 0.19 and later too, on one server") func replay() throws {
        let server = try HippoServer()
        for app in ["weather", "birdbattle", "plural"] { try server.push("\(app)/1.0.0") }
        let commands = try Self.commands()
        let first = Client(server, family: .singular, user: "me", app: "weather")
        let second = Client(server, family: .singular, user: "you", app: "birdbattle")
        let third = Client(server, family: .plural, user: "they", app: "plural")
        for command in commands where command.client == "0.14.1" {
            try first.run(command)
            try third.run(command)
        }
        for command in commands where command.client == "0.10.0" { try second.run(command) }
        #expect(commands.count == 24)
        // What has come of it.
        for client in [first, third] {
            let channels = try client.channels()
            #expect(Set(channels.compactMap { $0["name"]?.string }) == ["dev", "stable"])
            let stable = try #require(channels.first { $0["name"] == "stable" })
            #expect(stable["rangeRule"] == "~1.2" && stable["activeRevision"] == .null)
            let dev = try #require(channels.first { $0["name"] == "dev" })
            #expect(dev["rangeRule"] == "*" && dev["activeRevision"]?.object?["revisionNumber"] == "1.0.0")
            #expect(channels.allSatisfy { $0["environmentVariables"] == [] })
        }
        let old = try #require(try second.channels().first)
        let variable = try #require(old["environmentVariables"]?.array?.first?.object)
        #expect(variable["key"] == "A" && variable["value"] == "1" && variable["channelId"] == old["id"])
    }

    struct Command {
        let client: String
        let text: String
        let requests: [JSONObject]
    }

    static func commands() throws -> [Command] {
        let file = TestData.packageRoot.appendingPathComponent("Tests/HippoAPITests/Recorded/hippo-cli.jsonl")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
            let object = try #require(try JSONValue(parsing: Array(line.utf8)).object)
            return Command(
                client: object["client"]?.string ?? "", text: object["command"]?.string ?? "",
                requests: (object["requests"]?.array ?? []).compactMap(\.object))
        }
    }
}

/// A client that sends what was recorded, with its own names, and the IDs and tokens that it was given.
private final class Client {
    enum Family { case singular, plural }

    private let server: HippoServer
    private let family: Family
    private let user: String
    private let app: String
    private var token: String?
    private var ids: [String: String] = [:]

    // What the record has in the place of IDs.
    private static let appID = "11111111-1111-4111-8111-111111111111"
    private static let channelID = "22222222-2222-4222-8222-222222222222"
    private static let revisionID = "33333333-3333-4333-8333-333333333333"
    private static let certificateID = "44444444-4444-4444-8444-444444444444"

    init(_ server: HippoServer, family: Family, user: String, app: String) {
        self.server = server
        self.family = family
        self.user = user
        self.app = app
    }

    func run(_ command: RecordedClientTests.Command) throws {
        for request in command.requests {
            let text = JSONValue.object(request).serialized
            if text.contains(Self.appID), ids[Self.appID] == nil { try findApp() }
            if text.contains(Self.channelID), ids[Self.channelID] == nil {
                ids[Self.channelID] = try channels().first?["id"]?.string
            }
            if text.contains(Self.revisionID) { ids[Self.revisionID] = try revisions().first?["id"]?.string }
            try send(request, of: command)
        }
    }

    /// The app is gone, or was made by its revision.
    private func findApp() throws {
        ids[Self.appID] = try list("app").first { $0["storageId"] == .string(app) }?["id"]?.string
        guard ids[Self.appID] == nil else { return }
        let made = try server.send(.post, path("/api/app"), ["name": .string(app), "storageId": .string(app)], headers)
        let id = try #require(made.id)
        ids[Self.appID] = id
    }

    func channels() throws -> [JSONObject] {
        if ids[Self.appID] == nil { try findApp() }
        return try list("channel").filter { $0["appId"]?.string == ids[Self.appID] }
    }

    private func revisions() throws -> [JSONObject] {
        try list("revision").filter { $0["appId"]?.string == ids[Self.appID] }
    }

    private func list(_ name: String) throws -> [JSONObject] {
        try server.send(.get, path("/api/\(name)"), nil, headers).items
    }

    private var headers: Headers {
        var headers: Headers = ["Accept": "application/json"]
        if let token { headers.set("Authorization", "Bearer \(token)") }
        if family == .plural { headers.set("Api-Version", "0.1") }
        return headers
    }

    // MARK: One request

    private func send(_ recorded: JSONObject, of command: RecordedClientTests.Command) throws {
        let method = HTTP.Method(rawValue: try #require(recorded["method"]?.string))
        let recordedPath = try #require(recorded["path"]?.string)
        let answer = try server.send(
            method, path(recordedPath), recorded["body"].map { body($0) }, headers)
        let comment = Comment(rawValue: "\(command.client): \(command.text): \(answer)")
        let kind = recordedPath.split(separator: "/").prefix(2).joined(separator: "/")
        switch (method, recordedPath) {
        case (.post, "/api/account/createtoken"):
            token = answer["token"]?.string
            #expect(answer.status == 200 && token != nil, comment)
            #expect(answer["expiration"]?.string?.count == "2023-03-08T23:59:59Z".count, comment)
        case (.post, "/api/revision"): #expect(answer.status == 201 && answer.isEmpty, comment)
        case (.post, _):
            #expect(answer.status == 200 && answer.id != nil, comment)
            #expect(answer.headers["Content-Type"] == "application/json", comment)
            if kind == "api/app" { ids[Self.appID] = answer.id }
            if kind == "api/channel" { ids[Self.channelID] = answer.id }
            if kind == "api/certificate" { ids[Self.certificateID] = answer.id }
        case (.patch, _): #expect(answer.status == 204 && answer.isEmpty, comment)
        case (.delete, _):
            #expect(answer.status == 204 && answer.isEmpty, comment)
            if kind == "api/app" { ids[Self.appID] = nil }
            if kind == "api/channel" { ids[Self.channelID] = nil }
        default:
            #expect(answer.status == 200, comment)
            if recordedPath.contains("/logs/") {
                #expect(answer["logs"]?.array != nil, comment)
            } else if recordedPath.hasSuffix(Self.channelID) {
                #expect(answer["id"]?.string == ids[Self.channelID], comment)
                #expect(answer["appSummary"]?.object?["storageId"] == .string(app), comment)
            } else {
                #expect(answer["totalItems"]?.integer != nil && answer["items"]?.array != nil, comment)
                #expect(answer["isLastPage"] == .boolean(true), comment)
            }
        }
    }

    /// The path in the client's family, with IDs put in.
    private func path(_ recorded: String) -> String {
        var path = recorded
        for (placeholder, id) in ids { path = path.replacingOccurrences(of: placeholder, with: id) }
        guard family == .plural else { return path }
        if path == "/api/account/createtoken" { return "/api/auth-tokens" }
        var parts = path.split(separator: "/").map(String.init)
        parts[1] += "s"
        if parts.count == 4, parts[2] == "logs" { parts.swapAt(2, 3) }
        return "/" + parts.joined(separator: "/")
    }

    /// The body with the client's own names, and IDs put in.
    private func body(_ recorded: JSONValue) -> JSONValue {
        switch recorded {
        case .string(let text): .string(ids[text] ?? (text == "me" ? user : text == "weather" ? app : text))
        case .array(let items): .array(items.map { body($0) })
        case .object(let object):
            if family == .plural, let value = object["environmentVariables"]?.object?["value"] {
                ["environmentVariables": body(value)]
            } else {
                .object(
                    object.members.reduce(into: JSONObject()) { result, member in
                        // Names are unique over a server: the second client has its own.
                        let value = member.name == "name" && member.value == "c" ? .string("c-\(user)") : member.value
                        let isDomain = member.name == "domain" && family == .plural
                        result.append(member.name, isDomain ? "dev.plural.example" : body(value))
                    })
            }
        default: recorded
        }
    }
}
