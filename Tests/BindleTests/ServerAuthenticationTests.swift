import Cryptography
import Foundation
import HTTP
import TestSupport
import Testing

import Bindle

@Suite("A Bindle server that asks who one is")
struct ServerAuthenticationTests {
    /// `ada`, whose password is `pässwörd`.
    private static let htpasswd = """
        # Made with htpasswd -B.

        ada:$2y$04$lX5Wta4c9No9IG5er0xmueNWgxGAzrqzQYxQ3J6561Awlh0fmKYfS
        """

    private func server(allowsAnonymousReading: Bool = false) throws -> RunningServer {
        try RunningServer(
            .immutable,
            authentication: ServerAuthentication(
                users: ServerAuthentication.users(htpasswd: Self.htpasswd).users,
                tokens: ServerAuthentication.tokens("# tokens\n  t0ken  \n\nother\n"),
                allowsAnonymousReading: allowsAnonymousReading))
    }

    @Test(
        "lets in who can say it",
        arguments: [
            BindleClient.Credentials.basic(username: "ada", password: "pässwörd"), .bearer(token: "t0ken"),
            .bearer(token: "other"),
        ])
    func letsInWhoCanSayIt(credentials: BindleClient.Credentials) throws {
        let server = try server()
        let client = try BindleClient(baseURL: server.url, credentials: credentials)
        let invoice = try Samples.invoice("app/1.0.0", "one")
        let missing = try client.create(invoice).missing
        try client.upload(missing[0], to: invoice.id, body: .bytes(Array("one".utf8)))
        // The second time, the password is not worked out again.
        #expect(try client.invoice(invoice.id) == invoice)
    }

    @Test(
        "refuses others with 401, and says how",
        arguments: [
            BindleClient.Credentials.none, .basic(username: "ada", password: "password"),
            .basic(username: "eve", password: "pässwörd"), .bearer(token: "t0ke"), .bearer(token: ""),
        ])
    func refusesOthersWith401AndSaysHow(credentials: BindleClient.Credentials) throws {
        let server = try server()
        let client = try BindleClient(baseURL: server.url, credentials: credentials)
        let invoice = try Samples.invoice("app/1.0.0")
        for request in [{ _ = try client.create(invoice) }, { _ = try client.invoice(invoice.id) }] {
            let error = try #require(throws: BindleClientError.self) { try request() }
            #expect(error.status == .unauthorized)
            #expect(error.description.hasSuffix(": unauthorized (log in, or give a token or a name and password)"))
        }
        #expect(try server.get("/_q").headers["WWW-Authenticate"]?.hasPrefix("Basic realm=") == true)
    }

    @Test(
        "refuses what is no credential",
        arguments: ["Basic", "Basic !", "Basic YWRh", "Digest a", "Bearer  t0ken x", "t0ken"])
    func refusesWhatIsNoCredential(field: String) throws {
        #expect(try server().get("/_q", headers: ["Authorization": field]).status == 401)
    }

    @Test("lets everybody read if it is told to, and is always asked for its health")
    func letsEverybodyReadIfItIsToldToAndIsAlwaysAskedForItsHealth() throws {
        let server = try server(allowsAnonymousReading: true)
        #expect(try server.get("/_q").status == 200)
        #expect(try server.post("/_i", Samples.invoice("app/1.0.0").toml).status == 401)
        #expect(try server.delete("/_i/app/1.0.0").status == 401)
        #expect(try server.get("/_q", headers: ["Authorization": "Bearer wrong"]).status == 401)
        #expect(try self.server().health().status == 200)
    }

    @Test(
        "refuses password files whose lines are no users, naming the line",
        arguments: [("ada", 1), ("\n:x", 2), ("# a\n\nada:{SHA}abc=\nada:plain", 4)])
    func refusesPasswordFilesWhoseLinesAreNoUsers(text: String, line: Int) {
        let error = #expect(throws: CredentialFileError.self) { try ServerAuthentication.users(htpasswd: text) }
        #expect(error?.line == line)
    }

    @Test("takes password files in which some users are not hashed by bcrypt, and tells which")
    func tellsUsersThatAreNotHashedByBcrypt() throws {
        let text = Self.htpasswd + "\nbob:$apr1$abc$def\neve:{SHA}abc=\nsam:plain\n"
        let file = try ServerAuthentication.users(htpasswd: text)
        #expect(file.unusable == ["bob", "eve", "sam"])
        #expect(try file.users.keys == ServerAuthentication.users(htpasswd: Self.htpasswd).users.keys)
    }

    @Test(
        "reads the reference implementation's password file",
        .enabled(if: TestData.isAvailable, Comment(rawValue: TestData.absence)))
    func readsTheReferenceImplementationsPasswordFile() throws {
        let file = try #require(TestData.directory).appendingPathComponent("bindle/htpasswd")
        let users = try ServerAuthentication.users(htpasswd: String(contentsOf: file, encoding: .utf8)).users
        #expect(users["admin"]?.matches("sw0rdf1sh") == true)
        #expect(users["admin"]?.matches("swordfish") == false)
    }
}
