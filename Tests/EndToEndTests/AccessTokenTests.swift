import Foundation
import HTTP
import TestSupport
import Testing

/// A sandbox whose Bindle server others can reach.
@Suite("A Bindle server of up that others can reach", .timeLimit(.minutes(15)))
struct AccessTokenTests {
    @Test("asks for its token, which the sandbox's own commands and processes have")
    func token() async throws {
        let app = try SmallApp()
        let home = try TemporaryDirectory()
        let sandbox = try SandboxProcess(
            app.path, bindleListen: "0.0.0.0:0", environment: ["XDG_CONFIG_HOME": home.path])
        defer { withExtendedLifetime(sandbox) {} }
        let ready = try await sandbox.next("ready")
        let appURL = try #require(ready["app"]?.string)
        let bindles = try #require(ready["bindle"]?.string)
        func status(_ url: String, _ headers: Headers = [:]) throws -> Int {
            try Client().send(ClientRequest(.get, try HTTPURL(url), headers: headers)).status.code
        }
        #expect(try status(appURL + "hello") == 200)
        #expect(try status(bindles + "/_q") == 401)
        #expect(try status(bindles.replacingOccurrences(of: "/v1", with: "/healthz")) == 200)
        let token = try UserConfiguration.accessToken(in: home.path)
        #expect(try status(bindles + "/_q", ["Authorization": "Bearer \(token)"]) == 200)
        try app.writeHandler("hello 2")
        _ = try await sandbox.next("serving")
        #expect(try status(appURL + "hello") == 200)
    }

    @Test("asks for none with --no-token, and then says that everybody has access")
    func noToken() async throws {
        let app = try SmallApp()
        let home = try TemporaryDirectory()
        let sandbox = try SandboxProcess(
            app.path, ["--no-token", "--no-host-key"], bindleListen: "0.0.0.0:0",
            environment: ["XDG_CONFIG_HOME": home.path])
        let bindles = try #require(try await sandbox.next("ready")["bindle"]?.string)
        #expect(try Client().send(ClientRequest(.get, try HTTPURL(bindles + "/_q"))).status == .ok)
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == [])
    }
}

@Suite("A Bindle server of its own that others can reach", .timeLimit(.minutes(15)))
struct ServerAccessTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        // The password is `analytical`, hashed by libxcrypt at its lowest cost.
        try directory.write(ProtocolTests.users, to: "users")
        try directory.write("one-of-the-file\n", to: "tokens")
    }

    private struct Access {
        let anonymous: Int
        let token: Int
        let user: Int
    }

    /// How a server answers that is started with these options.
    private func access(_ options: [String], environment: [String: String] = [:]) throws -> Access {
        let server = try StoreServer(
            store: directory.path + "/store", ["--listen", "0.0.0.0:0"] + options,
            environment: ["XDG_CONFIG_HOME": directory.path].merging(environment) { $1 })
        func status(_ headers: Headers = [:]) throws -> Int {
            try Client().send(ClientRequest(.get, try HTTPURL(server.url + "/_q"), headers: headers)).status.code
        }
        return Access(
            anonymous: try status(),
            token: try status(["Authorization": "Bearer one-of-the-file"]),
            user: try status(["Authorization": "Basic YWRhOmFuYWx5dGljYWw="]))
    }

    @Test("asks for a token that it has made, or for that of the environment")
    func ownToken() throws {
        let own = try access([])
        #expect(own.anonymous == 401 && own.token == 401 && own.user == 401)
        let tokens = directory.path + "/hippo/tokens"
        let kept = try FileManager.default.contentsOfDirectory(atPath: tokens)
        var status = stat()
        #expect(kept.count == 1 && lstat("\(tokens)/\(kept[0])", &status) == 0 && status.st_mode & 0o777 == 0o600)
        let given = try access([], environment: ["BINDLE_SERVE_TOKEN": "one-of-the-file"])
        #expect(given.anonymous == 401 && given.token == 200)
    }

    @Test("asks for no token of its own with --no-token, --htpasswd or --token-file")
    func switchedOff() throws {
        #expect(try access(["--no-token"]).anonymous == 200)
        let users = try access(["--htpasswd", directory.path + "/users"])
        #expect(users.anonymous == 401 && users.token == 401 && users.user == 200)
        let tokens = try access(["--token-file", directory.path + "/tokens"])
        #expect(tokens.anonymous == 401 && tokens.token == 200 && tokens.user == 401)
        // None was made.
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/hippo/tokens"))
    }
}
