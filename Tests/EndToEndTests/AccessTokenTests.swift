import Foundation
import HTTP
import TestSupport
import Testing

/// A sandbox whose Bindle server others can reach.
@Suite("A Bindle server of up that others can reach", .timeLimit(.minutes(2)))
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
        let tokens = home.path + "/hippo/tokens"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: tokens).first)
        let token = try String(contentsOfFile: tokens + "/" + name, encoding: .utf8).trimmingCharacters(in: .newlines)
        #expect(try status(bindles + "/_q", ["Authorization": "Bearer \(token)"]) == 200)
        try app.writeHandler("hello 2")
        _ = try await sandbox.next("serving")
        #expect(try status(appURL + "hello") == 200)
    }
}
