import Bindle
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@testable import HippoAPI

@Suite("Hippo's resources")
struct ResourceTests {
    private let server: HippoServer

    init() throws {
        server = try HippoServer()
        try server.signUp()
    }

    private func makeApp(_ name: String = "app", storage: String? = nil) throws -> String {
        try #require(
            try server.send(.post, "/api/apps", ["name": .string(name), "storageId": .string(storage ?? name)]).id)
    }

    private func register(_ storage: String, _ version: String) throws -> Int {
        try server.send(
            .post, "/api/revisions", ["appStorageId": .string(storage), "revisionNumber": .string(version)]
        ).status
    }

    private func makeChannel(_ app: String, _ name: String, _ more: JSONObject = [:]) throws -> HippoServer.Answer {
        var body: JSONObject = [
            "appId": .string(app), "name": .string(name), "revisionSelectionStrategy": "UseRangeRule",
        ]
        for member in more.members { body[member.name] = member.value }
        return try server.send(.post, "/api/channels", .object(body))
    }

    // MARK: Apps and revisions

    @Test("An app is made of bindles that are there, with what was pushed as its revisions, and goes with all it has")
    func apps() throws {
        #expect(try server.send(.post, "/api/apps", ["name": "w", "storageId": "some/weather"]).error == "StorageId")
        try server.push("some/weather/1.0.0")
        try server.push("some/weather/1.1.0")
        try server.push("other/1.0.0")
        let id = try makeApp("w", storage: "some/weather")
        let app = try server.send(.get, "/api/apps/\(id)")
        #expect(app["name"] == "w" && app["storageId"] == "some/weather" && app["channels"] == [])
        #expect(try server.send(.get, "/api/revisions").items.map { $0["revisionNumber"] } == ["1.1.0", "1.0.0"])
        #expect(try server.send(.post, "/api/apps", ["name": "w", "storageId": "other"]).error == "Name")
        #expect(try server.send(.post, "/api/apps", ["name": "v", "storageId": "some/weather"]).error == "StorageId")
        #expect(try server.send(.put, "/api/apps/\(id)", ["id": .string(id), "name": "v"]).status == 204)
        #expect(try server.send(.put, "/api/apps/\(id)", ["name": "v"]).status == 400)
        #expect(try server.send(.get, "/api/apps?searchText=v").items.map { $0["id"] } == [.string(id)])
        #expect(try server.send(.get, "/api/apps?searchText=V").items.isEmpty)
        #expect(try makeChannel(id, "dev").status == 200)
        #expect(try server.send(.delete, "/api/apps/\(id)").status == 204)
        #expect(try server.send(.get, "/api/apps/\(id)").status == 404)
        #expect(try server.send(.get, "/api/channels").items.isEmpty)
        #expect(try server.store.releaseCount() == 0)
        #expect(try server.send(.get, "/api/storages").json?.object?["items"] == ["other", "some/weather"])
    }

    @Test("What the sandbox keeps up to date is no revision before somebody says so") func workingCopy() throws {
        let own = try BindleID("app/1.0.0")
        _ = try server.store.saveRevision(Invoice(bindle: .init(id: own))) { (_) throws(StoreError) in .bytes([]) }
        let id = try makeApp()
        #expect(try server.send(.get, "/api/revisions").items.isEmpty)
        #expect(try register("app", "1.0.0") == 201)
        #expect(try server.send(.get, "/api/revisions").items.map { $0["appId"] } == [.string(id)])
    }

    @Test("A revision is a release of a bindle that is there, and is made once") func revisions() throws {
        #expect(try register("app", "1.0.0") == 404)
        try server.push("app/1.0.0", description: "one")
        #expect(try register("app", "1.0.0") == 201)
        #expect(try register("app", "1.0.0") == 201)
        #expect(try register("app", "1.0") == 400)
        #expect(try register("a@b", "1.0.0") == 400)
        #expect(try server.send(.get, "/api/revisions")["totalItems"] == .integer(1))
        // The app follows from the release.
        let app = try #require(try server.send(.get, "/api/apps").items.first)
        #expect(app["name"] == "app")
        try server.push("app/1.0.0", description: "two")
        #expect(try register("app", "1.0.0") == 409)
        let release = try BindleID("app/1.0.0")
        #expect(try server.store.content(ofRelease: release).invoice.bindle.description == "one")
        let revision = try #require(try server.send(.get, "/api/revisions").items.first?["id"]?.string)
        let pinned = try makeChannel(
            app["id"]?.string ?? "", "pinned",
            ["revisionSelectionStrategy": .integer(1), "activeRevisionId": .string(revision)])
        #expect(try server.send(.delete, "/api/revisions/\(revision)").status == 409)
        #expect(try server.send(.delete, "/api/channels/\(pinned.id ?? "")").status == 204)
        #expect(try server.send(.delete, "/api/revisions/\(revision)").status == 204)
        #expect(try server.send(.delete, "/api/revisions/\(revision)").status == 404)
    }

    @Test("Lists have pages") func pages() throws {
        for minor in 0..<7 {
            try server.push("app/1.\(minor).0")
            #expect(try register("app", "1.\(minor).0") == 201)
            try server.push("app\(minor)/1.0.0")
            #expect(try register("app\(minor)", "1.0.0") == 201)
        }
        for (path, total) in [("revisions", 14), ("apps", 8)] {
            var seen = Set<String>()
            for index in 0...(total - 1) / 3 {
                let page = try server.send(.get, "/api/\(path)?pageIndex=\(index)&pageSize=3")
                #expect(page["totalItems"] == .integer(total) && page["pageSize"] == .integer(3))
                #expect(page["isLastPage"] == .boolean(index == (total - 1) / 3))
                seen.formUnion(page.items.compactMap { $0["id"]?.string })
            }
            #expect(seen.count == total)
            #expect(try server.send(.get, "/api/\(path)?pageSize=2147483647").items.count == total)
        }
        let names = try server.send(.get, "/api/apps?IsSortedAscending=false&sortBy=Name").items.map {
            $0["name"]?.string ?? ""
        }
        #expect(names == names.sorted(by: >))
        for query in ["pageIndex=-1", "pageIndex=x", "pageSize=0", "pageSize=99999999999", "sortBy=Age"] {
            #expect(try server.send(.get, "/api/apps?\(query)").status == 400)
        }
    }

    // MARK: Channels

    @Test("A channel follows a rule or has one revision, at a host of its own or the usual one") func channels() throws
    {
        for version in ["1.0.0", "1.2.0", "2.0.0-beta"] { try server.push("my_app/\(version)") }
        let app = try makeApp("my_app")
        let id = try #require(try makeChannel(app, "Dev").id)
        let channel = try server.send(.get, "/api/channels/\(id)")
        #expect(channel["domain"] == "dev.my-app.localhost" && channel["rangeRule"] == "*")
        #expect(channel["activeRevision"]?.object?["revisionNumber"] == "2.0.0-beta")
        #expect(channel["appSummary"]?.object?["name"] == "my_app")
        #expect(try makeChannel(app, "Dev").error == "Name")
        #expect(try makeChannel(app, "a b").error == "Name")
        #expect(try makeChannel(HippoID.random().description, "x").status == 404)
        #expect(try makeChannel(app, "x", ["domain": "dev.my-app.localhost"]).error == "Domain")
        for domain in ["Upper.example", "host:8080", "single", "a..b", "-a.example", "example.1"] {
            #expect(try makeChannel(app, "x", ["domain": .string(domain)]).error == "Domain", "\(domain)")
        }
        #expect(try makeChannel(app, "x", ["rangeRule": "one"]).error == "RangeRule")
        #expect(try makeChannel(app, "x", ["rangeRule": "P:^1-ada-*"]).error == "RangeRule")
        #expect(try makeChannel(app, "x", ["revisionSelectionStrategy": "Some"]).error == "RevisionSelectionStrategy")
        let revisions = try server.send(.get, "/api/revisions").items
        let old = try #require(revisions.first { $0["revisionNumber"] == "1.0.0" }?["id"])
        #expect(try makeChannel(app, "x", ["activeRevisionId": old]).error == "ActiveRevisionId")
        #expect(try makeChannel(app, "x", ["revisionSelectionStrategy": "1"]).error == "ActiveRevisionId")
        let ruled = try #require(
            try makeChannel(
                app, "ruled", ["rangeRule": "^1", "domain": "my.example", "revisionSelectionStrategy": "0"]
            ).id)
        let before = try server.send(.get, "/api/channels/\(ruled)")
        #expect(before["activeRevision"]?.object?["revisionNumber"] == "1.2.0" && before["domain"] == "my.example")
        // What a PATCH does not speak of stays.
        func patch(_ body: JSONValue) throws -> Int { try server.send(.patch, "/api/channels/\(ruled)", body).status }
        #expect(try patch(["activeRevisionId": old]) == 204)
        let pinned = try server.send(.get, "/api/channels/\(ruled)")
        #expect(pinned["revisionSelectionStrategy"] == "UseSpecifiedRevision" && pinned["domain"] == "my.example")
        #expect(pinned["activeRevision"]?.object?["id"] == old && pinned["rangeRule"] == .null)
        #expect(try patch(["domain": .null]) == 204)
        #expect(try patch(["rangeRule": ["value": "~1.2"]]) == 204)
        let after = try server.send(.get, "/api/channels/\(ruled)")
        #expect(after["rangeRule"] == "~1.2" && after["domain"] == "ruled.my-app.localhost")
        #expect(try patch(["name": "other"]) == 400)
        let body: JSONValue = [
            "id": .string(ruled), "name": "ruled", "domain": "new.example", "revisionSelectionStrategy": "UseRangeRule",
            "rangeRule": .null, "lastPublishDate": .null,
        ]
        #expect(try server.send(.put, "/api/channels/\(ruled)", body).status == 204)
        let replaced = try server.send(.get, "/api/channels/\(ruled)")
        #expect(replaced["rangeRule"] == "*" && replaced["domain"] == "new.example")
        #expect(try server.send(.put, "/api/channels/\(id)", body).error == "Id")
    }

    @Test("A channel's status says whether it has a release, and both families ask") func statuses() throws {
        try server.push("app/1.0.0")
        let app = try makeApp()
        let id = try #require(try makeChannel(app, "dev").id)
        _ = try makeChannel(app, "empty", ["rangeRule": "^2"])
        let all = try server.send(.get, "/api/channel-statuses")
        #expect(all.items.map { $0["status"] } == ["Pending", "Dead"])
        let one = try server.send(.get, "/api/jobstatus?channelId=\(id)").items
        #expect(one.count == 1 && one[0]["channelId"] == .string(id))
        let wanted: JSONValue = ["channelId": .string(id), "desiredStatus": "Running"]
        #expect(try server.send(.put, "/api/channels/\(id)/desired-status", wanted).status == 204)
        #expect(try server.send(.put, "/api/channels/\(id)/desired-status", ["desiredStatus": "Dead"]).status == 400)
        let unwanted: JSONValue = ["channelId": .string(id), "desiredStatus": "Dead"]
        #expect(try server.send(.put, "/api/channels/\(id)/desired-status", unwanted).status == 409)
        #expect(try server.send(.get, "/api/channels/\(id)/logs")["logs"] == ["a line of app/dev"])
    }

    @Test("Variables are a list that is changed as a whole, or one by one as before") func variables() throws {
        try server.push("app/1.0.0")
        let id = try #require(try makeChannel(makeApp(), "dev").id)
        func keys() throws -> [String] {
            (try server.send(.get, "/api/channels/\(id)")["environmentVariables"]?.array ?? []).map {
                "\($0.object?["key"]?.string ?? "")=\($0.object?["value"]?.string ?? "")"
            }
        }
        let list: JSONValue = [
            ["key": "A", "value": "1"], ["key": "B", "value": "two=2"], ["key": "A", "value": "3"],
        ]
        #expect(try server.send(.patch, "/api/channels/\(id)", ["environmentVariables": list]).status == 204)
        #expect(try keys() == ["A=3", "B=two=2"])
        #expect(try server.send(.patch, "/api/channels/\(id)", ["domain": "a.example"]).status == 204)
        #expect(try keys() == ["A=3", "B=two=2"])
        for bad: JSONValue in [[["key": "", "value": "1"]], [["key": "A=B", "value": ""]], [["key": "A"]], "A=1"] {
            #expect(try server.send(.patch, "/api/channels/\(id)", ["environmentVariables": bad]).status == 400)
        }
        let added = try #require(
            try server.send(.post, "/api/environmentvariable", ["key": "C", "value": "4", "channelId": .string(id)]).id)
        #expect(try server.send(.get, "/api/environmentvariable").items.count == 3)
        #expect(
            try server.send(
                .put, "/api/environmentvariable/\(added)", ["id": .string(added), "key": "C", "value": "5"]
            ).status == 204)
        #expect(try keys() == ["A=3", "B=two=2", "C=5"])
        #expect(try server.send(.delete, "/api/environmentvariable/\(added)").status == 204)
        #expect(try server.send(.delete, "/api/environmentvariable/\(added)").status == 404)
        #expect(try keys() == ["A=3", "B=two=2"])
    }

    @Test("Certificates are kept, and belong to channels") func certificates() throws {
        try server.push("app/1.0.0")
        let keys: JSONObject = ["name": "c", "publicKey": "p\n", "privateKey": "k\n"]
        let id = try #require(try server.send(.post, "/api/certificates", .object(keys)).id)
        #expect(try server.send(.post, "/api/certificates", .object(keys)).error == "Name")
        let app = try makeApp()
        #expect(try makeChannel(app, "x", ["certificateId": .string(app)]).error == "CertificateId")
        let channel = try #require(try makeChannel(app, "dev", ["certificateId": .string(id)]).id)
        #expect(try server.send(.get, "/api/channels/\(channel)")["certificate"]?.object?["id"] == .string(id))
        let listed = try #require(try server.send(.get, "/api/certificates").items.first)
        #expect(listed["channels"]?.array?.first?.object?["id"] == .string(channel))
        #expect(try server.send(.delete, "/api/channels/\(channel)").status == 204)
        #expect(try server.send(.get, "/api/certificates").items.first?["channels"] == [])
        var changed = keys
        changed["id"] = .string(id)
        changed["name"] = "d"
        #expect(try server.send(.put, "/api/certificates/\(id)", .object(changed)).status == 204)
        #expect(try server.send(.get, "/api/certificates").items.first?["name"] == "d")
        #expect(try server.send(.delete, "/api/certificates/\(id)").status == 204)
        #expect(try server.send(.delete, "/api/certificates/\(id)").status == 404)
    }

    @Test("A body that is none is an error, whatever it is") func bodies() throws {
        for body: JSONValue in [[], "x", [:], ["name": .integer(1), "storageId": "x"], ["NAME": "n"]] {
            #expect(try server.send(.post, "/api/apps", body).status == 400)
        }
        try server.push("app/1.0.0")
        // Names of members are read in any case.
        #expect(try server.send(.post, "/api/apps", ["Name": "n", "STORAGEID": "app"]).status == 200)
    }
}
