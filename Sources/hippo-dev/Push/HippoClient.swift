import Bindle
import CommandLineInterface
import HTTP
import JSON
import Platform

/// A client of Hippo's API, as far as pushing takes it.
struct HippoClient {
    let url: HTTPURL
    private let client: Client
    private var token: String?
    /// Larger answers are not read.
    private static let answerLimit = 1 << 20

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(url: HTTPURL, tls: TLSPolicy, token: String? = nil) {
        self.url = url
        self.token = token
        var configuration = ClientConfiguration()
        configuration.tls = tls
        configuration.proxies = ProxySettings(environment: ProcessEnvironment.all)
        client = Client(configuration: configuration)
    }

    /// Trades a name and a password for a token, which is used from here on.
    mutating func logIn(username: String, password: String) throws -> StoredCredentials.HippoToken {
        let answer = try post(
            "api/account/createtoken", ["password": .string(password), "userName": .string(username)])
        guard let info = try? JSONValue(parsing: answer).object, let token = info["token"]?.string else {
            throw Failure(description: "\(url): the answer to the login has no token")
        }
        self.token = token
        return StoredCredentials.HippoToken(token: token, expiration: info["expiration"]?.string)
    }

    /// Tells Hippo that there is a new revision of the app whose bindles have this name.
    func register(_ id: BindleID) throws {
        _ = try post(
            "api/revision", ["appStorageId": .string(id.name), "revisionNumber": .string(id.version.description)])
    }

    private func post(_ path: String, _ fields: JSONObject) throws -> [UInt8] {
        var headers: Headers = ["Content-Type": "application/json", "Accept": "application/json"]
        if let token { headers.set("Authorization", "Bearer \(token)") }
        let target = try url.appending(path)
        let request = ClientRequest(.post, target, headers: headers, body: .bytes(Array(fields.serialized.utf8)))
        let response = try client.send(request)
        let body = try response.readAll(limit: Self.answerLimit)
        guard (200..<300).contains(response.status.code) else {
            let text = String(decoding: body.prefix(500), as: UTF8.self)
            let reason = text.isEmpty ? "" : ": \(text)"
            let hint = response.status == .unauthorized ? "; check name and password, or log in again" : ""
            throw Failure(description: "POST \(target): Hippo answered \(response.status)\(reason)\(hint)")
        }
        return body
    }
}

/// Which Hippo, and who one is to it.
enum HippoOptions {
    private static let hippoURL = Option(
        name: "hippo-url", valueName: "URL", summary: "The Hippo server that is told of the revision.",
        environmentVariable: "HIPPO_URL")
    private static let username = Option(
        name: "hippo-username", valueName: "NAME", summary: "Who one is to Hippo.",
        environmentVariable: "HIPPO_USERNAME")
    private static let password = Option(
        name: "hippo-password", valueName: "WORD",
        summary: "The password for Hippo; better given by the variable or a login, since others see command lines.",
        environmentVariable: "HIPPO_PASSWORD")

    static let all = [hippoURL, username, password]

    static func url(_ arguments: ParsedArguments) throws -> HTTPURL? {
        try arguments.value(of: hippoURL, expecting: "a URL like https://hippo.example.com") { try HTTPURL($0) }
    }

    static func username(_ arguments: ParsedArguments) -> String? { arguments[username] }
    static func password(_ arguments: ParsedArguments) -> String? { arguments[password] }

    /// A client that has a token, if Hippo is to be told at all.
    static func authenticatedClient(_ arguments: ParsedArguments) throws -> HippoClient? {
        guard let url = try url(arguments) else { return nil }
        let tls = TLSOptions.policy(arguments)
        if let username = arguments[username], let password = arguments[password] {
            var client = HippoClient(url: url, tls: tls)
            _ = try client.logIn(username: username, password: password)
            return client
        }
        guard let token = try BindleOptions.storedCredentials.load().hippoToken(for: url) else {
            throw CommandFailure(
                "\(url) wants a login: give --\(username.name) and \(password.environmentVariable ?? ""), or use "
                    + "'hippo-dev login --\(hippoURL.name) \(url)'")
        }
        guard token.isValid else {
            throw CommandFailure("the login to \(url) has expired: use 'hippo-dev login --\(hippoURL.name) \(url)'")
        }
        return HippoClient(url: url, tls: tls, token: token.token)
    }
}
