package import HTTP
import Platform
import TOML

/// What logging in has left: for each server, who one is to it. Kept in a file that only its owner may read.
package struct CredentialStorage: Sendable {
    /// `hippo/bindle.json` in the user's configuration directory.
    package let path: String

    package init(path: String) {
        self.path = path
    }

    package init(environment: [String: String]) {
        path = UserFile.credentials.path(environment)
    }

    /// What is kept; nothing where there is no file.
    package func load() throws(CredentialStorageError) -> StoredCredentials {
        guard FileStatus(path: path) != nil else { return StoredCredentials() }
        guard let data = try? FileReader.bytes(of: path, limit: 16 << 20) else { throw .unreadable(path: path) }
        do { return try StoredCredentials(DocumentEncoding.json.decode(data)) } catch {
            throw .malformed(path: path, detail: "\(error)")
        }
    }

    package func save(_ credentials: StoredCredentials) throws(CredentialStorageError) {
        let text = String(decoding: DocumentEncoding.json.encode(credentials.table), as: UTF8.self)
        do { try PendingFile.writePrivately(text + "\n", to: path) } catch {
            throw .unwritable(path: path, detail: "\(error)")
        }
    }
}

/// Credentials by server. They belong to an origin, scheme, host and port, and are of no use for any other.
package struct StoredCredentials: Sendable {
    /// The Bindle server that was logged in to last.
    package var bindleURL: String?
    /// The Hippo server that was logged in to last.
    package var hippoURL: String?
    private var bindle: [String: BindleClient.Credentials] = [:]
    private var hippo: [String: HippoToken] = [:]

    /// What a Hippo server gives for a name and a password.
    package struct HippoToken: Sendable {
        package var token: String
        /// As the server wrote it: a time in ISO 8601.
        package var expiration: String?

        package init(token: String, expiration: String?) {
            self.token = token
            self.expiration = expiration
        }

        /// Whether it holds for at least another minute. One without an end does.
        package var isValid: Bool {
            guard let expiration else { return true }
            // Fractions of a second have any number of digits there, and do not matter.
            guard let end = CivilTime.secondsSince1970(utc: expiration.prefix(19)) else { return false }
            return end > Int64(time(nil)) + 60
        }
    }

    package init() {}

    package func bindleCredentials(for url: HTTPURL) -> BindleClient.Credentials? { bindle[url.origin] }

    package mutating func setBindle(_ credentials: BindleClient.Credentials?, for url: HTTPURL) {
        bindle[url.origin] = credentials
    }

    package func hippoToken(for url: HTTPURL) -> HippoToken? { hippo[url.origin] }

    package mutating func setHippo(_ token: HippoToken?, for url: HTTPURL) {
        hippo[url.origin] = token
    }

    package var isEmpty: Bool { bindle.isEmpty && hippo.isEmpty && bindleURL == nil && hippoURL == nil }

    // MARK: The file

    fileprivate init(_ table: TOMLTable) throws {
        bindleURL = table["bindleUrl"]?.string
        hippoURL = table["hippoUrl"]?.string
        for server in table["bindleServers"]?.table?.entries ?? [] {
            let origin = server.key
            guard let entry = server.value.table else { throw MalformedEntry(origin: origin) }
            if let token = entry["token"]?.string {
                bindle[origin] = .bearer(token: token)
            } else if let username = entry["username"]?.string, let password = entry["password"]?.string {
                bindle[origin] = .basic(username: username, password: password)
            } else {
                throw MalformedEntry(origin: origin)
            }
        }
        for server in table["hippoServers"]?.table?.entries ?? [] {
            let entry = server.value.table
            guard let token = entry?["token"]?.string else { throw MalformedEntry(origin: server.key) }
            hippo[server.key] = HippoToken(token: token, expiration: entry?["expiration"]?.string)
        }
    }

    fileprivate var table: TOMLTable {
        var table = TOMLTable()
        table["bindleUrl"] = bindleURL.map { TOMLValue($0) }
        table["hippoUrl"] = hippoURL.map { TOMLValue($0) }
        var servers = TOMLTable()
        for (origin, credentials) in bindle.sorted(by: { $0.key < $1.key }) {
            switch credentials {
            case .none: break
            case .basic(let username, let password):
                servers[origin] = TOMLValue(
                    TOMLTable(["username": TOMLValue(username), "password": TOMLValue(password)]))
            case .bearer(let token): servers[origin] = TOMLValue(TOMLTable(["token": TOMLValue(token)]))
            }
        }
        table["bindleServers"] = TOMLValue(servers)
        servers = TOMLTable()
        for (origin, token) in hippo.sorted(by: { $0.key < $1.key }) {
            var entry = TOMLTable(["token": TOMLValue(token.token)])
            entry["expiration"] = token.expiration.map { TOMLValue($0) }
            servers[origin] = TOMLValue(entry)
        }
        table["hippoServers"] = TOMLValue(servers)
        return table
    }

    private struct MalformedEntry: Error, CustomStringConvertible {
        let origin: String
        var description: String { "what it says of \(origin) lacks a token, or a username and a password" }
    }
}

/// Why credentials could not be read or kept.
package enum CredentialStorageError: Error, Hashable, CustomStringConvertible {
    case unreadable(path: String)
    case malformed(path: String, detail: String)
    case unwritable(path: String, detail: String)

    package var description: String {
        switch self {
        case .unreadable(let path): "cannot read \(path)"
        case .malformed(let path, let detail): "\(path): \(detail); 'hippo-dev logout' removes the file"
        case .unwritable(let path, let detail): "cannot write \(path): \(detail)"
        }
    }
}
