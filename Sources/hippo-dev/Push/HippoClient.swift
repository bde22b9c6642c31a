import Bindle
import CommandLineInterface
import HTTP
import JSON
import Platform

/// A client of Hippo's API, as far as publishing takes it.
struct HippoClient {
    let url: HTTPURL
    private let client: Client
    private var token: String?
    private var form: Form?
    /// Larger answers are not read.
    private static let answerLimit = 16 << 20
    /// So many items of a list are asked for at a time.
    private static let pageSize = 200

    /// Hippo has changed all paths with 0.19.
    private enum Form {
        /// 0.19 and later: `/api/apps`.
        case plural
        /// Before: `/api/app`.
        case singular

        func path(_ resource: Resource) -> String {
            switch self {
            case .plural: "api/\(resource.rawValue)s"
            case .singular: "api/\(resource.rawValue)"
            }
        }

        /// What a PATCH is to make of a member.
        func patch(_ value: JSONValue) -> JSONValue {
            switch self {
            case .plural: value
            case .singular: .object(["value": value])
            }
        }
    }

    private enum Resource: String { case app, revision, channel }

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
        let fields: JSONObject = ["password": .string(password), "userName": .string(username)]
        var answer = try send(.post, "api/auth-tokens", fields)
        form = answer.isOfAnotherForm ? .singular : .plural
        if form == .singular { answer = try send(.post, "api/account/createtoken", fields) }
        guard let info = try answer.checked().json?.object, let token = info["token"]?.string else {
            throw Failure(description: "\(url): the answer to the login has no token")
        }
        self.token = token
        return StoredCredentials.HippoToken(token: token, expiration: info["expiration"]?.string)
    }

    // MARK: Publishing

    /// What publishing has come to.
    struct Publication {
        /// Whether there was no revision of the version yet.
        fileprivate(set) var isNew = false
        /// What was done besides, for people: "made the app 'a'".
        fileprivate(set) var more: [String] = []

        func text(on url: HTTPURL) -> String {
            ([isNew ? "registered with \(url)" : "which \(url) has already"] + more).joined(separator: ", ")
        }
    }

    /// Tells Hippo of a bindle that was pushed: as a revision of the app whose bindles have its name. What is missing for that is
    /// made.
    ///
    /// - Parameter channel: The name of a channel that there is to be. One that has a revision rather than a rule gets this one.
    mutating func publish(_ id: BindleID, channel: String?) throws -> Publication {
        var publication = Publication()
        let apps = try list(.app)
        let appID: String
        if let app = apps.first(where: { $0["storageId"]?.string == id.name }) {
            appID = try Self.id(of: app)
        } else {
            let name = Self.appName(for: id)
            guard !apps.contains(where: { $0["name"]?.string == name }) else {
                throw Failure(description: "the app '\(name)' of \(url) is of other bindles than \(id.name)")
            }
            appID = try make(.app, ["name": .string(name), "storageId": .string(id.name)])
            publication.more.append("made the app '\(name)'")
            // What was pushed is among its revisions.
            publication.isNew = true
        }
        // An app that is made has what was pushed for its revisions already. A revision that is there twice breaks Hippo 0.20.
        var revision = try findRevision(id, app: appID)
        if revision == nil {
            _ = try send(
                .post, path(.revision),
                ["appStorageId": .string(id.name), "revisionNumber": .string(id.version.description)]
            ).checked()
            publication.isNew = true
        }
        guard let channel else { return publication }
        let known = try list(.channel).first { $0["appId"]?.string == appID && $0["name"]?.string == channel }
        let isPinned = known?["revisionSelectionStrategy"]?.string == "UseSpecifiedRevision"
        guard known == nil || isPinned else { return publication }
        if isPinned || !id.version.prerelease.isEmpty, revision == nil { revision = try findRevision(id, app: appID) }
        if let known {
            guard let revision else { throw Failure(description: "\(url) does not list the revision \(id)") }
            guard known["activeRevision"]?.object?["id"]?.string != revision else { return publication }
            let value = try currentForm().patch(.string(revision))
            _ = try send(.patch, "\(path(.channel))/\(Self.id(of: known))", ["activeRevisionId": value]).checked()
            publication.more.append("made it the revision of the channel '\(channel)'")
        } else {
            var fields: JSONObject = ["appId": .string(appID), "name": .string(channel)]
            if id.version.prerelease.isEmpty {
                fields["revisionSelectionStrategy"] = "UseRangeRule"
            } else {
                // No rule of Hippo's lets any version pass: the usual one is for releases.
                guard let revision else { throw Failure(description: "\(url) does not list the revision \(id)") }
                fields["revisionSelectionStrategy"] = "UseSpecifiedRevision"
                fields["activeRevisionId"] = .string(revision)
            }
            _ = try make(.channel, fields)
            publication.more.append("made the channel '\(channel)'")
        }
        return publication
    }

    /// A name that Hippo takes for an app: letters, digits, `-` and `_`.
    private static func appName(for id: BindleID) -> String {
        let name = id.name.utf8.map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): byte
            default: UInt8(ascii: "-")
            }
        }
        return String(decoding: name.prefix(128), as: UTF8.self)
    }

    private mutating func findRevision(_ id: BindleID, app: String) throws -> String? {
        let version = id.version.description
        return try list(.revision).first { $0["appId"]?.string == app && $0["revisionNumber"]?.string == version }
            .map { try Self.id(of: $0) }
    }

    private static func id(of item: JSONObject) throws -> String {
        guard let id = item["id"]?.string else { throw Failure(description: "Hippo lists something without an ID") }
        return id
    }

    /// Makes something, and returns its ID.
    private mutating func make(_ resource: Resource, _ fields: JSONObject) throws -> String {
        let path = try path(resource)
        let answer = try send(.post, path, fields).checked()
        // Hippo sends an ID as a JSON string, or as it stands.
        let text = answer.json?.string ?? String(decoding: answer.body, as: UTF8.self)
        guard !text.isEmpty, text.utf8.count < 100 else {
            throw Failure(description: "POST \(url)\(path): the answer is no ID")
        }
        return text
    }

    /// All items of a list, page by page.
    private mutating func list(_ resource: Resource) throws -> [JSONObject] {
        let path = try path(resource)
        var items: [JSONObject] = []
        for index in 0... {
            let answer = try send(.get, "\(path)?pageIndex=\(index)&pageSize=\(Self.pageSize)").checked()
            guard let page = answer.json?.object, let more = page["items"]?.array else {
                throw Failure(description: "GET \(url)\(path): the answer is no list of Hippo's")
            }
            items += more.compactMap(\.object)
            if more.isEmpty || page["isLastPage"]?.boolean ?? true { break }
        }
        return items
    }

    private mutating func path(_ resource: Resource) throws -> String { try currentForm().path(resource) }

    /// The form that the server speaks. A login has found it out; with a token of before, it is asked for.
    private mutating func currentForm() throws -> Form {
        if let form { return form }
        let answer = try send(.get, "api/apps?pageIndex=0&pageSize=1")
        // What is no resource there may be answered with a page for people.
        let isOld = answer.isOfAnotherForm || answer.status == .ok && answer.json == nil
        let found: Form = isOld ? .singular : .plural
        form = found
        return found
    }

    // MARK: Requests

    private struct Answer {
        let request: String
        let status: Status
        let body: [UInt8]

        var json: JSONValue? { try? JSONValue(parsing: body) }
        /// Whether the server has no such resource at all.
        var isOfAnotherForm: Bool { status == .notFound || status == .methodNotAllowed }

        /// - Throws: What the server has said, if it has not done what it was asked to.
        func checked() throws -> Answer {
            guard !(200..<300).contains(status.code) else { return self }
            let text = String(decoding: body.prefix(500), as: UTF8.self)
            let reason = text.isEmpty ? "" : ": \(text)"
            let isRefused = status == .unauthorized || json?.object?["title"] == "Login failed."
            let hint = isRefused ? "; check name and password, or log in again" : ""
            throw Failure(description: "\(request): Hippo answered \(status)\(reason)\(hint)")
        }
    }

    private func send(_ method: Method, _ path: String, _ fields: JSONObject? = nil) throws -> Answer {
        var headers: Headers = ["Accept": "application/json"]
        if fields != nil { headers.set("Content-Type", "application/json") }
        if let token { headers.set("Authorization", "Bearer \(token)") }
        let target = try url.appending(path)
        let request =
            if let fields {
                ClientRequest(method, target, headers: headers, body: .bytes(Array(fields.serialized.utf8)))
            } else {
                ClientRequest(method, target, headers: headers)
            }
        let response = try client.send(request)
        return Answer(
            request: "\(method) \(target)", status: response.status,
            body: try response.readAll(limit: Self.answerLimit))
    }
}
