import Bindle
import Cryptography
import Foundation
import HTTP
import JSON
import TestSupport
import Testing

@testable import HippoAPI

@Suite("Accounts of Hippo's API")
struct AccountTests {
    @Test("Everything but registration and login asks for a token, and says no more than that") func unauthorized()
        throws
    {
        let server = try HippoServer()
        for path in ["/api/apps", "/api/app", "/api/channels", "/api/nothing", "/api/certificate", "/api/storages"] {
            for authorization in [nil, "Bearer a.b.c", "Basic bWU6c2VjcmV0MQ=="] as [String?] {
                let answer = try server.send(.get, path, nil, authorization.map { ["Authorization": $0] } ?? [:])
                #expect(answer.status == 401 && answer.isEmpty)
            }
        }
        try server.signUp()
        #expect(try server.send(.get, "/API/Apps").status == 200)
        #expect(try server.send(.get, "/api/nothing").status == 404)
        #expect(try server.send(.put, "/api/apps", [:]).status == 405)
    }

    @Test("A token holds for thirty minutes, and as long as its account is there") func expiry() throws {
        let server = try HippoServer()
        try server.signUp()
        server.clock.advance(by: .seconds(30 * 60 - 1))
        #expect(try server.send(.get, "/api/apps").status == 200)
        server.clock.advance(by: .seconds(1))
        #expect(try server.send(.get, "/api/apps").status == 401)
        server.token = nil
        server.token = try server.send(.post, "/api/auth-tokens", ["userName": "me", "password": "secret1"])["token"]?
            .string
        #expect(try server.send(.get, "/api/apps").status == 200)
        try server.storage.update { (record) throws(HippoAccountError) in
            try record.removeAccount(named: "me")
            try record.addAccount(name: "me", password: "secret2")
        }.get()
        #expect(try server.send(.get, "/api/apps").status == 401)
    }

    @Test("Names and passwords are checked, and a name is taken once") func registration() throws {
        let server = try HippoServer()
        func field(_ name: String, _ password: String, _ confirmed: String? = nil) throws -> String? {
            var account: JSONObject = ["userName": .string(name), "password": .string(password)]
            account["passwordConfirm"] = confirmed.map { .string($0) }
            return try server.send(.post, "/api/accounts", .object(account)).error
        }
        #expect(try field("a b", "secret1") == "UserName")
        #expect(try field("", "secret1") == "UserName")
        #expect(try field(String(repeating: "a", count: 65), "secret1") == "UserName")
        #expect(try field("me", "short") == "Password")
        #expect(try field("me", String(repeating: "a", count: 73)) == "Password")
        #expect(try field("me", "secret1", "secret2") == "PasswordConfirm")
        #expect(try field("me", "secret1", "secret1") == nil)
        #expect(try field("me", "secret1") == "UserName")
    }

    @Test("Registration is closed where others can reach the server, and accounts of the command log in there")
    func closed() throws {
        let server = try HippoServer(.closed)
        let account: JSONValue = ["userName": "me", "password": "secret1"]
        let refused = try server.send(.post, "/api/account", account)
        #expect(refused.status == 403 && refused["title"] == "Forbidden")
        try server.storage.update { (record) throws(HippoAccountError) in
            try record.addAccount(name: "me", password: "secret1")
        }.get()
        #expect(try server.send(.post, "/api/account/createtoken", account).status == 200)
    }

    @Test("Who guesses has to wait, and who waits comes in") func guessing() throws {
        let server = try HippoServer()
        try server.signUp()
        server.token = nil
        func logIn(_ password: String, from address: String = "127.0.0.1:50000") throws -> HippoServer.Answer {
            try server.send(
                .post, "/api/auth-tokens", ["userName": "me", "password": .string(password)], from: address)
        }
        for _ in 0..<5 {
            let answer = try logIn("wrong-one")
            #expect(answer.status == 400 && answer["title"] == "Login failed.")
        }
        // The right one is refused too, and another client's is not.
        let refused = try logIn("secret1")
        #expect(refused.status == 429 && refused.headers["Retry-After"] == "1")
        #expect(try logIn("secret1", from: "10.0.0.2:4000").status == 200)
        server.clock.advance(by: .seconds(1))
        #expect(try logIn("wrong-one").status == 400)
        #expect(try logIn("wrong-one").headers["Retry-After"] == "2")
        server.clock.advance(by: .seconds(2))
        #expect(try logIn("secret1").status == 200)
        #expect(try logIn("wrong-one").status == 400)
        #expect(try logIn("secret1").status == 200)
    }

    @Test("The wait is a minute at most, and a thousand addresses are remembered") func limits() {
        let clock = TestClock()
        let limit = AttemptLimit(time: clock)
        for _ in 0..<100 { limit.noteFailure(of: "a") }
        #expect(limit.wait(of: "a") == .seconds(60))
        for number in 0..<3000 { limit.noteFailure(of: "\(number)") }
        // It is the last one whose wait is over.
        #expect(limit.wait(of: "a") == .seconds(60))
        clock.advance(by: .seconds(60))
        #expect(limit.wait(of: "a") == nil)
    }

    @Test("Pages of other sites get no answer") func foreignPages() throws {
        let server = try HippoServer()
        let account: JSONValue = ["userName": "me", "password": "secret1"]
        #expect(try server.send(.post, "/api/accounts", account, ["Origin": "https://evil.example"]).status == 403)
        #expect(try server.send(.post, "/api/accounts", account, ["Host": "evil.example"]).status == 421)
        #expect(try server.send(.post, "/api/accounts", account, ["Content-Type": "text/plain"]).status == 415)
        #expect(try server.storage.load() == nil)
    }

    @Test("Paths of the control page and the Bindle server are not Hippo's") func otherPaths() throws {
        for path in ["/api/v1", "/api/v1/app", "/v1/_q", "/healthz", "/", "/apiary"] {
            #expect(HippoRoute(path: path) == nil)
        }
        #expect(HippoRoute(path: "/api") == .nothing && HippoRoute(path: "/api/v2/app") == .nothing)
    }
}

@Suite("Tokens of Hippo's API")
struct WebTokenTests {
    private let key = [UInt8](repeating: 7, count: 32)
    private let subject = HippoID.random()

    private func base64(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacingOccurrences(of: "=", with: "")
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    }

    /// A token with any header and claims, rightly signed.
    private func token(_ header: String, _ claims: String) -> String {
        let content = "\(base64(header)).\(base64(claims))"
        let code = Data(HMACSHA256.code(of: content.utf8, key: key).bytes)
        return content + "."
            + code.base64EncodedString().replacingOccurrences(of: "=", with: "")
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    }

    @Test("say who it is until they expire") func roundTrip() {
        let token = WebToken(subject: subject, expiration: 1000)
        let text = token.text(signedWith: key)
        #expect(WebToken(text, key: key, now: 999) == token)
        #expect(WebToken(text, key: key, now: 1000) == nil)
        #expect(WebToken(text, key: key.map { $0 + 1 }, now: 999) == nil)
        #expect(text != token.text(signedWith: key))
    }

    @Test("are read in their own form only: no other algorithm, none without an end, none that was changed")
    func strict() {
        let header = #"{"alg":"HS256","typ":"JWT"}"#
        let claims = #"{"sub":"\#(subject)","exp":1000}"#
        #expect(WebToken(token(header, claims), key: key, now: 1) != nil)
        for other in [
            #"{"alg":"none","typ":"JWT"}"#, #"{"alg":"HS512","typ":"JWT"}"#, #"{"typ":"JWT","alg":"HS256"}"#, "{}", "",
        ] {
            #expect(WebToken(token(other, claims), key: key, now: 1) == nil)
        }
        for other in [
            #"{"sub":"\#(subject)"}"#, #"{"sub":"\#(subject)","exp":"1000"}"#, #"{"sub":"me","exp":1000}"#,
            #"{"sub":"\#(subject)","exp":1000.5}"#, "[]", "",
        ] {
            #expect(WebToken(token(header, other), key: key, now: 1) == nil)
        }
        let text = token(header, claims)
        let parts = text.split(separator: ".")
        for changed in [
            "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).", text + ".", text + "=", "." + text, text + "A",
            String(text.dropLast()), "\(parts[0]).\(parts[1])A.\(parts[2])", "", "..",
            String(repeating: "a", count: 5000),
        ] {
            #expect(WebToken(changed, key: key, now: 1) == nil, "\(changed)")
        }
    }

    @Test("are refused wherever a character of them is another one") func changed() {
        let text = Array(WebToken(subject: subject, expiration: 1000).text(signedWith: key).utf8)
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(WebToken(String(decoding: changed, as: UTF8.self), key: key, now: 1) == nil)
        }
    }
}

@Suite("What Hippo's API keeps")
struct HippoStorageTests {
    private let directory: TemporaryDirectory
    private let storage: HippoStorage

    init() throws {
        directory = try TemporaryDirectory()
        storage = HippoStorage(
            forStore: "/srv/a.sqlite", environment: ["XDG_CONFIG_HOME": directory.path + "/config"])
    }

    @Test("is kept by the path of the store, for its owner only, and is read as it was written") func kept() throws {
        #expect(try storage.load() == nil)
        try storage.update { (record) throws(HippoAccountError) in
            try record.addAccount(name: "ada", password: "analytical")
            record.apps = [HippoApp(name: "a", storage: "some/a")]
            record.certificates = [
                HippoCertificate(id: .random(), name: "c", publicKey: "p\n", privateKey: "k\n", channels: [.random()])
            ]
        }.get()
        let record = try #require(try storage.load())
        #expect(record.accounts.map(\.name) == ["ada"] && record.accounts[0].password.matches("analytical"))
        #expect(HippoRecord(record.json) == record)
        #expect(storage.path.hasPrefix(directory.path + "/config/hippo/api/"))
        for (path, mode) in [(storage.path, 0o600), ((storage.path as NSString).deletingLastPathComponent, 0o700)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == mode)
        }
        chmod(storage.path, 0o640)
        #expect(throws: PrivateFileError.open(path: storage.path)) { try storage.load() }
    }

    @Test("is not believed if it is something else") func malformed() throws {
        try storage.update { (record) throws(HippoAccountError) in
            try record.addAccount(name: "ada", password: "analytical")
        }.get()
        for text in ["", "{}", "[]", #"{"key":"00"}"#, #"{"key":"x","accounts":[]}"#] {
            try text.write(toFile: storage.path, atomically: false, encoding: .utf8)
            #expect(throws: PrivateFileError.self) { try storage.load() }
        }
    }

    @Test("loses nothing where many change it at once, and a change that fails changes nothing") func concurrency()
        throws
    {
        DispatchQueue.concurrentPerform(iterations: 40) { number in
            _ = try? storage.update { (record) throws(HippoAccountError) in
                record.apps.append(HippoApp(name: "a\(number)", storage: "a\(number)"))
            }.get()
        }
        #expect(Set(try storage.load()?.apps.map(\.name) ?? []).count == 40)
        let result = try storage.update { (record) throws(HippoAccountError) in
            record.apps = []
            throw HippoAccountError.unknown("x")
        }
        #expect(throws: HippoAccountError.unknown("x")) { try result.get() }
        #expect(try storage.load()?.apps.count == 40)
    }
}
