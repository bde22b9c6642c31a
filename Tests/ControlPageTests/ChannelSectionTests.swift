import Bindle
import HTTP
import JSON
import Synchronization
import TestSupport
import Testing

@testable import ControlPage

@Suite("The control page's API about channels")
struct ChannelSectionTests {
    let directory: TemporaryDirectory
    let store: BindleStore
    let page: DescribedPage

    /// Channels in a store, and an environment.
    struct Control: ChannelControl {
        let stored: StoredChannels

        func channels() throws(StoreError) -> [ChannelStatus] {
            try stored.channels().map { status in
                ChannelStatus(
                    channel: status.channel, url: "http://\(status.channel.servedHost):3000/", release: status.release,
                    condition: .failed("It is broken.", serving: nil), data: "/project/data.channels/x")
            }
        }

        func change(_ key: ChannelKey, _ change: ChannelChange) throws -> (status: ChannelStatus, isNew: Bool) {
            try stored.change(key, change)
        }

        func remove(_ key: ChannelKey) throws(StoreError) -> ChannelStatus { try stored.remove(key) }

        func environment() throws(StoreError) -> EnvironmentReport? {
            EnvironmentReport(
                app: .init(
                    channel: nil,
                    variables: [
                        .init(name: "COLOUR", value: "red", source: "settings"),
                        .init(name: "API_TOKEN", value: "t0p", source: ".env"),
                    ], data: "/project/data"),
                channels: [
                    .init(
                        channel: ChannelKey(app: "app", name: "stable"),
                        variables: [.init(name: "MY_KEY", value: "k3y", source: "channel")], data: nil)
                ], dataLimit: 100)
        }
    }

    init() throws {
        directory = try TemporaryDirectory()
        let store = try BindleStore(path: directory.path + "/bindles.sqlite", isTemporary: true)
        self.store = store
        page = try DescribedPage(
            store,
            [ChannelSection(Control(stored: StoredChannels(store, appHosts: ["shop.example"])))])
        for version in ["1.0.0", "1.1.0", "2.0.0"] {
            let invoice = Invoice(bindle: .init(id: try BindleID("app/\(version)")))
            let revision = try store.saveRevision(invoice) { (_) throws(StoreError) in .bytes([]) }.number
            try store.makeRelease(of: .revision(revision))
        }
    }

    private func send(
        _ method: HTTP.Method, _ target: String, _ body: String = "{}", type: String = "application/json"
    ) throws -> (status: Int, body: JSONObject) {
        try page.send(method, target, body, type: type)
    }

    private func put(_ name: String, _ body: String, app: String = "app") throws -> (status: Int, channel: JSONObject) {
        let answer = try send(.put, "/channel?app=\(app)&name=\(name)", body)
        return (answer.status, answer.body["channel"]?.object ?? answer.body)
    }

    @Test("makes channels, changes what is named of them, and removes them") func life() throws {
        let made = try put("stable", #"{"range": "^1.0.0", "env": {"A": "1", "MY_SECRET": "s"}}"#)
        #expect(made.status == 201)
        #expect(made.channel["host"] == "stable.app.localhost" && made.channel["release"] == "app/1.1.0")
        #expect(made.channel["env"]?.object?["A"] == "1")
        #expect(made.channel["env"]?.object?["MY_SECRET"] == .string(Masking.text))
        let pinned = try put("stable", #"{"pin": "1.0.0", "env": {"A": null, "B": "2"}}"#)
        #expect(pinned.status == 200 && pinned.channel["pin"] == "1.0.0" && pinned.channel["range"] == nil)
        #expect(try store.channels()[0].variables.map(\.name) == ["MY_SECRET", "B"])
        #expect(try put("stable", #"{"host": "Stable.Example"}"#).channel["host"] == "stable.example")
        #expect(try put("stable", "{}").channel["host"] == "stable.example")
        #expect(try put("stable", #"{"host": null}"#).channel["host"] == "stable.app.localhost")
        // Without a word, the newest.
        #expect(try put("dev", "{}").channel["release"] == "app/2.0.0")
        let list = try send(.get, "/channels").body["channels"]?.array ?? []
        #expect(list.map { $0.object?["name"]?.string } == ["dev", "stable"])
        #expect(list[0].object?["state"] == "failed" && list[0].object?["error"] == "It is broken.")
        #expect(try send(.delete, "/channel?app=app&name=dev").body["channel"]?.object?["name"] == "dev")
        #expect(try send(.delete, "/channel?app=app&name=dev").status == 404)
        #expect(try store.channels().map(\.name) == ["stable"])
    }

    @Test("names of apps and channels become a host in small letters, with - for what a host cannot have")
    func hosts() throws {
        let made = try put("Blue_2.x", "{}", app: "Example.com/My%20Shop")
        #expect(made.channel["host"] == "blue-2-x.example-com-my-shop.localhost")
    }

    @Test("a host that is taken is a conflict, and asks for another one") func clashes() throws {
        _ = try put("a-b", "{}")
        for (name, body) in [
            ("A.B", "{}"), ("x", #"{"host": "A-B.app.localhost"}"#), ("y", #"{"host": "localhost"}"#),
            ("z", #"{"host": "SHOP.example"}"#),
        ] {
            let answer = try put(name, body)
            #expect(answer.status == 409, "\(name)")
            #expect(answer.channel["error"]?.string?.contains("--host") == true)
        }
        #expect(try put("A.B", #"{"host": "other.localhost"}"#).status == 201)
        // Its own host is no clash.
        #expect(try put("a-b", #"{"pin": "1.0.0"}"#).status == 200)
        let long = String(repeating: "a", count: 64)
        #expect(try put("x", "{}", app: long).channel["error"]?.string?.contains("--host") == true)
        #expect(try put("x", #"{"host": "x.localhost"}"#, app: long).status == 201)
    }

    @Test(
        "what makes no sense is refused, and says why",
        arguments: [
            #"{"range": "^1", "pin": "1.0.0"}"#, #"{"range": "^z"}"#, #"{"range": 1}"#, #"{"pin": "1"}"#,
            #"{"host": 1}"#, #"{"host": "127.0.0.1"}"#, #"{"host": "a:80"}"#, #"{"host": "-/x"}"#, #"{"host": "a..b"}"#,
            #"{"env": []}"#, #"{"env": {"A": 1}}"#, #"{"env": {"": "x"}}"#, #"{"env": {"A=B": "x"}}"#,
            #"{"other": 1}"#, "[]", "x",
        ])
    func nonsense(body: String) throws {
        let answer = try put("stable", body)
        #expect(answer.status == 400)
        #expect(answer.channel["error"]?.string?.isEmpty == false)
        #expect(try store.channels().isEmpty)
    }

    @Test("names, parameters, methods and types are checked") func requests() throws {
        for name in ["", "-a", "..", "a%2Fb", "%C3%A9", String(repeating: "a", count: 64)] {
            #expect(try put(name, "{}").status == 400, "\(name)")
        }
        #expect(try put("a", "{}", app: "").status == 400)
        #expect(try put("a", #"{"pin": "9.0.0"}"#).status == 404)
        #expect(try send(.put, "/channel?name=a").status == 400)
        #expect(try send(.put, "/channel?app=a&name=b&other=1").status == 400)
        #expect(try send(.put, "/channel?app=app&name=b", "{}", type: "text/plain").status == 415)
        #expect(try send(.get, "/channel?app=app&name=b").status == 405)
        #expect(try send(.post, "/channels").status == 405)
        #expect(try send(.get, "/channels?x=1").status == 400)
        #expect(try send(.get, "/environment?x=1").status == 400)
    }

    @Test("environments show names, and mask the values of secrets") func environment() throws {
        let report = try send(.get, "/environment").body
        let variables = report["app"]?.object?["variables"]?.array?.compactMap(\.object) ?? []
        #expect(variables.map { $0["value"]?.string } == ["red", Masking.text])
        #expect(report["dotenv"] == ["API_TOKEN"])
        #expect(report["app"]?.object?["data"] == "/project/data" && report["dataLimit"]?.integer == 100)
        let channel = report["channels"]?.array?.first?.object
        #expect(channel?["name"] == "stable" && channel?["variables"]?.array?.first?.object?["source"] == "channel")
        #expect(!JSONValue.object(report).serialized.contains("t0p"))
        #expect(!JSONValue.object(report).serialized.contains("k3y"))
    }

    @Test("a change is read as it is written") func changes() throws {
        var change = ChannelChange()
        #expect(try ChannelChange(json: change.json) == change)
        change.selection = .pin(SemanticVersion("1.2.0")!)
        change.host = .named("a.localhost")
        change.variables = [("A", "1"), ("B", nil)]
        #expect(try ChannelChange(json: change.json) == change)
        change.selection = .range(try VersionRange("^1.2.0"))
        change.host = .usual
        #expect(try ChannelChange(json: change.json) == change)
    }
}
