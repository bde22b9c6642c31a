import Platform
package import Cryptography
package import HTTP
import Synchronization

/// Who may use a server: users with a password, and holders of a token.
package final class ServerAuthentication: Sendable {
    private let users: [String: Bcrypt]
    private let tokens: Set<SHA256Digest>
    /// Whether who reads need not say who it is.
    private let allowsAnonymousReading: Bool
    /// The digests of `Authorization` fields that held: working a password out again for each request of a client
    /// would take longer than the request.
    private let accepted = Mutex<Set<SHA256Digest>>([])
    private static let acceptedLimit = 1_000

    /// - Parameters:
    ///   - users: The hashes of the users' passwords.
    ///   - tokens: The bearer tokens that are accepted, also as the password of any user.
    package init(users: [String: Bcrypt] = [:], tokens: [String] = [], allowsAnonymousReading: Bool = false) {
        self.users = users
        // Compared by digest, which takes as long for each that is wrong.
        self.tokens = Set(tokens.map { SHA256.hash($0.utf8) })
        self.allowsAnonymousReading = allowsAnonymousReading
    }

    /// Whether it is known already that a request may be answered, without working a password out.
    func knows(_ request: Request) -> Bool {
        guard let field = request.headers["Authorization"] else {
            return allowsAnonymousReading && (request.method == .get || request.method == .head)
        }
        return accepted.withLock { $0.contains(SHA256.hash(field.utf8)) }
    }

    /// - Throws: `Failure` with 401 for a request that does not say, or not rightly, who it is from.
    func admit(_ request: Request) throws(Failure) {
        let isReading = request.method == .get || request.method == .head
        guard let field = request.headers["Authorization"] else {
            if isReading && allowsAnonymousReading { return }
            throw Self.unauthorized
        }
        let digest = SHA256.hash(field.utf8)
        if accepted.withLock({ $0.contains(digest) }) { return }
        guard isAuthentic(field) else { throw Self.unauthorized }
        accepted.withLock { accepted in
            if accepted.count >= Self.acceptedLimit { accepted.removeAll() }
            accepted.insert(digest)
        }
    }

    /// Whether a request says rightly who it is from.
    package func admits(_ request: Request) -> Bool {
        do throws(Failure) { try admit(request) } catch { return false }
        return true
    }

    private func isAuthentic(_ field: String) -> Bool {
        guard let space = field.firstIndex(of: " ") else { return false }
        let credentials = field[space...].drop { $0 == " " }
        switch field[..<space].lowercased() {
        case "bearer": return tokens.contains(SHA256.hash(credentials.utf8))
        case "basic":
            guard let bytes = Base64.decode(credentials), let text = String(validating: bytes, as: UTF8.self),
                let colon = text.firstIndex(of: ":")
            else { return false }
            if tokens.contains(SHA256.hash(text[text.index(after: colon)...].utf8)) { return true }
            let user = users[String(text[..<colon])]
            // A user who does not exist takes as long as one who does.
            guard let hash = user ?? users.values.first else { return false }
            return hash.matches(String(text[text.index(after: colon)...])) && user != nil
        default: return false
        }
    }

    private static let unauthorized = Failure(
        .unauthorized, "unauthorized", headers: ["WWW-Authenticate": "Basic realm=\"Bindle\", charset=\"UTF-8\""])

    /// The users of an Apache `htpasswd` file.
    package struct PasswordFile: Sendable {
        /// The hashes of the users' passwords, by bcrypt.
        package let users: [String: Bcrypt]
        /// Users whose passwords are hashed in another way, in the file's order. They are not let in.
        package let unusable: [String]
    }

    /// Reads an Apache `htpasswd` file: `USER:HASH`, a line each.
    package static func users(htpasswd text: String) throws(CredentialFileError) -> PasswordFile {
        var users: [String: Bcrypt] = [:]
        var unusable: [String] = []
        for (line, content) in lines(text) {
            guard let colon = content.firstIndex(of: ":"), colon > content.startIndex else {
                throw CredentialFileError(line: line, message: "USER:HASH is wanted")
            }
            let name = String(content[..<colon])
            guard users[name] == nil, !unusable.contains(name) else {
                throw CredentialFileError(line: line, message: "'\(name)' occurs twice")
            }
            if let hash = Bcrypt(String(content[content.index(after: colon)...])) {
                users[name] = hash
            } else {
                unusable.append(name)
            }
        }
        return PasswordFile(users: users, unusable: unusable)
    }

    /// Reads a file of tokens, a line each.
    package static func tokens(_ text: String) -> [String] { lines(text).map { String($0.content) } }

    /// The lines that are neither empty nor comments, without the space around them.
    private static func lines(_ text: String) -> [(number: Int, content: Substring)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            var content = line.drop(while: \.isWhitespace)
            while content.last?.isWhitespace == true { content.removeLast() }
            return content.isEmpty || content.hasPrefix("#") ? nil : (index + 1, content)
        }
    }
}

/// What is wrong with a file of passwords, and in which line.
package struct CredentialFileError: Error, Hashable, CustomStringConvertible {
    package let line: Int
    package let message: String

    package var description: String { "line \(line): \(message)" }
}
