import Foundation
import TestSupport
import Testing

import Bindle

@Suite("The token of a server that others can reach")
struct AccessTokenTests {
    private let directory: TemporaryDirectory
    private let environment: [String: String]

    init() throws {
        directory = try TemporaryDirectory()
        environment = ["XDG_CONFIG_HOME": directory.path + "/config"]
    }

    private func make(_ store: String) throws -> AccessToken {
        try AccessToken.make(forStore: store, environment: environment)
    }

    @Test("is made once for each store, and found again by its path")
    func keptByStore() throws {
        let token = try make("/srv/a.sqlite")
        #expect(token.value.count == 64)
        #expect(try make("/srv/../srv/a.sqlite") == token)
        #expect(try AccessToken.find(forStore: "/srv/a.sqlite", environment: environment) == token)
        #expect(try make("/srv/b.sqlite").value != token.value)
        #expect(try AccessToken.find(forStore: "/srv/c.sqlite", environment: environment) == nil)
    }

    @Test("can be read by its owner only")
    func permissions() throws {
        let path = try #require(try make("/srv/a.sqlite").path)
        #expect(try mode(path) == 0o600)
        #expect(try mode((path as NSString).deletingLastPathComponent) == 0o700)
        chmod(path, 0o640)
        #expect(throws: AccessTokenError.self) { try make("/srv/a.sqlite") }
    }

    @Test("is not read through a link, and not believed if it is short")
    func linksAndRubbish() throws {
        let path = try #require(try make("/srv/a.sqlite").path)
        try FileManager.default.moveItem(atPath: path, toPath: path + ".other")
        #expect(symlink(path + ".other", path) == 0)
        #expect(throws: AccessTokenError.self) { try make("/srv/a.sqlite") }
        unlink(path)
        try "short\n".write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, 0o600)
        #expect(throws: AccessTokenError.self) { try make("/srv/a.sqlite") }
    }

    @Test("comes from the environment if that has one, and is kept nowhere then")
    func environmentVariable() throws {
        var environment = environment
        environment["BINDLE_SERVE_TOKEN"] = "from-the-environment"
        let token = try AccessToken.make(forStore: "/srv/a.sqlite", environment: environment)
        #expect(token.value == "from-the-environment" && token.path == nil)
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/config"))
    }

    @Test("is taken as a bearer token, or as the password of any user, for reading too")
    func admission() throws {
        let server = try RunningServer(.development, authentication: ServerAuthentication(tokens: ["right-token"]))
        func status(_ authorization: String?) throws -> Int {
            try server.get("/_q", headers: authorization.map { ["Authorization": $0] } ?? [:]).status
        }
        #expect(try status(nil) == 401)
        #expect(try status("Bearer right-token") == 200)
        #expect(try status("Bearer wrong-token") == 401)
        #expect(try status("Basic " + Data("anybody:right-token".utf8).base64EncodedString()) == 200)
        #expect(try status("Basic " + Data("right-token:".utf8).base64EncodedString()) == 401)
        #expect(try server.health().status == 200)
    }

    private func mode(_ path: String) throws -> mode_t {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_mode & 0o777
    }
}
