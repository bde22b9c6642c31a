import Foundation
import HTTP
import JSON
import TestSupport
import Testing

/// `push --hippo-url`: to stand-ins for the Hippo of others, and to a sandbox.
@Suite("Publishing to Hippo", .timeLimit(.minutes(15)))
struct PublishTests {
    private let home: TemporaryDirectory
    private let app: SmallApp

    init() throws {
        home = try TemporaryDirectory()
        app = try SmallApp()
    }

    private func run(_ arguments: [String], environment: [String: String] = [:], input: String? = nil) throws
        -> Program.Result
    {
        let own = [
            "HOME": home.path, "XDG_CONFIG_HOME": home.path + "/config", "USER": "ada", "BINDLE_URL": "",
            "BINDLE_TOKEN": "", "BINDLE_USERNAME": "", "BINDLE_PASSWORD": "", "HIPPO_URL": "",
        ]
        return try Program.run(arguments, environment: own.merging(environment) { $1 }, input: input)
    }

    private static let admin = ["HIPPO_USERNAME": "admin", "HIPPO_PASSWORD": "Passw0rd!"]

    @Test(
        "makes the app, registers each revision once, and needs a login, whichever version Hippo has",
        arguments: [HippoStandIn.Version.hippo18, .hippo20])
    func revisions(version: HippoStandIn.Version) throws {
        let server = try BindleServerProcess()
        let hippo = try HippoStandIn(version)
        func push(_ more: String..., environment: [String: String] = [:]) throws -> Program.Result {
            try run(
                ["push", app.path, "-v", "production", "-s", server.url, "--hippo-url", hippo.url] + more,
                environment: environment)
        }
        let stranger = try push()
        #expect(stranger.status == 1 && stranger.errors.contains("wants a login"))
        let wrong = try push(environment: ["HIPPO_USERNAME": "admin", "HIPPO_PASSWORD": "wrong-one"])
        #expect(wrong.status == 1 && wrong.errors.contains("check name and password"), "\(wrong.errors)")
        #expect(!wrong.errors.contains("wrong-one"))
        #expect(try run(["bindle", "search", "-s", server.url]).output.isEmpty)
        // Other apps, on more than a page.
        hippo.change { state in
            for number in 0..<7 {
                state.apps.append(.init(id: "\(number)", name: "other\(number)", storage: "other\(number)"))
                state.revisions.append(.init(id: "\(number)", app: "\(number)", number: "1.2.3"))
            }
            state.bindles["small"] = ["1.0.0"]
        }
        let first = try push(environment: Self.admin)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.output.hasSuffix("registered with \(hippo.url)/, made the app 'small'\n"), "\(first.output)")
        let small = try #require(hippo.state.apps.last)
        #expect(small.name == "small" && small.storage == "small")
        #expect(hippo.state.revisions.filter { $0.app == small.id }.map(\.number) == ["1.0.0", "1.2.3"])
        let again = try push(environment: Self.admin)
        #expect(again.status == 0 && again.output.hasSuffix("which \(hippo.url)/ has already\n"), "\(again.output)")
        #expect(hippo.state.revisions.filter { $0.app == small.id }.count == 2)
        // With the token of a login, nobody has said yet which version it is.
        let login = try run(
            ["login", "--hippo-url", hippo.url, "--hippo-username", "admin", "--password-stdin"], input: "Passw0rd!\n")
        #expect(login.status == 0, "\(login.errors)")
        #expect(try push("--channel", "stable").output.hasSuffix("has already, made the channel 'stable'\n"))
        #expect(try push("--channel", "stable").output.hasSuffix("has already\n"))
        #expect(hippo.state.channels.map(\.name) == ["stable"] && hippo.state.channels[0].revision == nil)
    }

    @Test(
        "has a channel of development versions go on to what is pushed to it",
        arguments: [HippoStandIn.Version.hippo18, .hippo20])
    func developmentVersions(version: HippoStandIn.Version) throws {
        let server = try BindleServerProcess()
        let hippo = try HippoStandIn(version)
        hippo.change { $0.bindles["small"] = [] }
        func push() throws -> Program.Result {
            try run(
                ["push", app.path, "-s", server.url, "--hippo-url", hippo.url, "--channel", "dev"],
                environment: Self.admin)
        }
        let first = try push()
        #expect(first.status == 0 && first.output.contains("made the channel 'dev'"), "\(first.errors)")
        let before = try #require(hippo.state.channels.first?.revision)
        try app.writeHandler("hello 2")
        // The version has the time in it, in seconds.
        sleep(1)
        let second = try push()
        #expect(second.status == 0 && second.output.contains("made it the revision of the channel 'dev'"))
        #expect(hippo.state.channels.count == 1 && hippo.state.channels[0].revision != before)
        #expect(hippo.state.channels[0].revision == hippo.state.revisions.last?.id)
    }

    @Test("says what a Hippo has not taken, and what a channel is without one") func refusals() throws {
        let server = try BindleServerProcess()
        let hippo = try HippoStandIn(.hippo20)
        // It does not look at this Bindle server.
        let refused = try run(
            ["push", app.path, "-v", "production", "-s", server.url, "--hippo-url", hippo.url], environment: Self.admin)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("small/1.2.3 is pushed, but Hippo has not taken it"))
        #expect(refused.errors.contains("Storage ID not found"), "\(refused.errors)")
        let alone = try run(["push", app.path, "-s", server.url, "--channel", "dev"])
        #expect(alone.status == 2 && alone.errors.contains("--hippo-url"))
    }

    // MARK: A sandbox as the Hippo

    @Test("to a sandbox makes an app and a channel there, which serves what was pushed") func ownSandbox() async throws
    {
        let host = try SmallApp()
        try host.save(
            try String(contentsOfFile: host.path + "/HIPPOFACTS", encoding: .utf8).replacingOccurrences(
                of: "\"small\"", with: "\"host\""), to: "HIPPOFACTS")
        let sandbox = try SandboxProcess(host.path, environment: ["XDG_CONFIG_HOME": home.path + "/config"])
        defer { withExtendedLifetime(sandbox) {} }
        let ready = try await sandbox.next("ready")
        let bindles = try #require(ready["bindle"]?.string)
        let control = bindles.replacingOccurrences(of: "/v1", with: "")
        let made = try run(["account", "add", "ada", "--project", host.path, "--password-stdin"], input: "secret1\n")
        #expect(made.status == 0, "\(made.errors)")
        #expect(try run(["account", "list", "--project", host.path]).output == "ada\n")
        try app.writeHandler("published")
        let account = ["HIPPO_USERNAME": "ada", "HIPPO_PASSWORD": "secret1"]
        let pushed = try run(
            ["push", app.path, "-v", "production", "-s", bindles, "--hippo-url", control, "--channel", "stable"],
            environment: account)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(pushed.output.hasSuffix("made the app 'small', made the channel 'stable'\n"), "\(pushed.output)")
        let appURL = try HTTPURL(try #require(ready["app"]?.string))
        func served() throws -> String {
            let socket = try RawSocket(port: appURL.port)
            try socket.send(
                "GET /hello HTTP/1.1\r\nHost: stable.small.localhost:\(appURL.port)\r\nConnection: close\r\n\r\n")
            return try socket.receiveAll()
        }
        #expect(try served().contains("published"))
        // The working copy is what it was, and the channel serves the next release that is pushed.
        #expect(try get("http://127.0.0.1:\(appURL.port)/hello").body.hasPrefix("hello 1"))
        try app.save(
            try String(contentsOfFile: app.path + "/HIPPOFACTS", encoding: .utf8).replacingOccurrences(
                of: "1.2.3", with: "1.3.0"), to: "HIPPOFACTS")
        try app.writeHandler("once more")
        let again = try run(
            ["push", app.path, "-v", "production", "-s", bindles, "--hippo-url", control, "--channel", "stable"],
            environment: account)
        #expect(again.status == 0 && again.output.hasSuffix("registered with \(control)/\n"), "\(again)")
        let deadline = ContinuousClock.now + SandboxProcess.patience
        while try !served().contains("once more"), ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try served().contains("once more"))
        // Who has no account any more is out.
        #expect(try run(["account", "remove", "ada", "--project", host.path]).status == 0)
        let out = try run(
            ["push", app.path, "-v", "production", "-s", bindles, "--hippo-url", control], environment: account)
        #expect(out.status == 1 && out.errors.contains("check name and password"), "\(out.errors)")
    }

    @Test("A sandbox that others can reach takes the tokens of Hippo's API there, and registers nobody")
    func reachedByOthers() async throws {
        let sandbox = try SandboxProcess(
            app.path, bindleListen: "0.0.0.0:0", environment: ["XDG_CONFIG_HOME": home.path + "/config"])
        defer { withExtendedLifetime(sandbox) {} }
        let bindles = try #require(try await sandbox.next("ready")["bindle"]?.string)
        let control = bindles.replacingOccurrences(of: "/v1", with: "")
        func send(_ method: HTTP.Method, _ path: String, _ body: JSONObject?, _ token: String? = nil) throws
            -> ClientResponse
        {
            var headers: Headers = body == nil ? [:] : ["Content-Type": "application/json"]
            if let token { headers.set("Authorization", "Bearer \(token)") }
            let bytes = Array((body?.serialized ?? "").utf8)
            return try Client().send(
                ClientRequest(method, try HTTPURL(control + path), headers: headers, body: .bytes(bytes)))
        }
        let account: JSONObject = ["userName": "ada", "password": "secret1"]
        #expect(try send(.post, "/api/account", account).status.code == 403)
        #expect(
            try run(["account", "add", "ada", "--project", app.path, "--password-stdin"], input: "secret1\n").status
                == 0)
        let answer = try send(.post, "/api/account/createtoken", account).readAll(limit: 1 << 20)
        let token = try #require(try JSONValue(parsing: answer).object?["token"]?.string)
        #expect(try send(.get, "/api/app", nil, token).status.code == 200)
        #expect(try send(.get, "/api/app", nil).status.code == 401)
        // It is Hippo's clients' only.
        #expect(try send(.get, "/v1/_q", nil, token).status.code == 401)
        #expect(try send(.get, "/api/v1/app", nil, token).status.code == 401)
        let health = try JSONValue(parsing: send(.get, "/healthz", nil).readAll(limit: 1 << 20)).object
        #expect(health?["status"] == "OK" && health?["version"]?.string != nil)
    }

    // MARK: The gate of a sandbox

    @Test("By push --gate, somebody with a token hands a project in, which a channel serves") func gate() async throws {
        let host = try SmallApp()
        try host.save(
            try String(contentsOfFile: host.path + "/HIPPOFACTS", encoding: .utf8).replacingOccurrences(
                of: "\"small\"", with: "\"host\""), to: "HIPPOFACTS")
        let sandbox = try SandboxProcess(
            host.path, bindleListen: "0.0.0.0:0", environment: ["XDG_CONFIG_HOME": home.path + "/config"])
        defer { withExtendedLifetime(sandbox) {} }
        let ready = try await sandbox.next("ready")
        let control = try #require(ready["bindle"]?.string).replacingOccurrences(of: "/v1", with: "")
        let appURL = try HTTPURL(try #require(ready["app"]?.string))
        let made = try run(
            ["token", "add", "ci", "--name", "small", "--channel", "dev", "--days", "1", "--project", host.path])
        let token = made.output.trimmingCharacters(in: .newlines)
        #expect(made.status == 0 && token.hasPrefix("hippo_"), "\(made.errors)")
        let listed = try run(["token", "list", "--project", host.path]).output
        #expect(listed.contains("ci  small  dev  until ") && !listed.contains(token))
        func push(_ more: String..., token: String = token) throws -> Program.Result {
            try run(["push", app.path, "--gate", control] + more, environment: ["HIPPO_GATE_TOKEN": token])
        }
        let none = try push(token: "")
        #expect(none.status == 1 && none.errors.contains("HIPPO_GATE_TOKEN"))
        let wrong = try push("--channel", "stable")
        #expect(wrong.status == 1 && wrong.errors.contains("not good for the channel 'stable'"), "\(wrong.errors)")
        let pushed = try push("--channel", "dev")
        #expect(pushed.status == 0 && pushed.output.hasPrefix("Handed in small/1.2.3: "), "\(pushed.errors)")
        #expect(pushed.output.contains("served at http://dev.small.localhost:"), "\(pushed.output)")
        let socket = try RawSocket(port: appURL.port)
        try socket.send(
            "GET /hello HTTP/1.1\r\nHost: dev.small.localhost:\(appURL.port)\r\nConnection: close\r\n\r\n")
        #expect(try socket.receiveAll().contains("hello 1"))
        #expect(try push().output.hasPrefix("Handed in small/1.2.3: it was there already"))
        // The token is for the gate alone.
        let response = try Client().send(
            ClientRequest(.get, try HTTPURL(control + "/api/v1/app"), headers: ["Authorization": "Bearer \(token)"]))
        #expect(response.status.code == 401)
        let id = String(listed.prefix { $0 != " " })
        #expect(try run(["token", "remove", id, "--project", host.path]).status == 0)
        #expect(try push().errors.contains("401"))
    }
}
