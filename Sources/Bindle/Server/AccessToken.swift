import Cryptography

/// The token that a server asks for which others can reach.
///
/// It is kept in the user's configuration directory, by the path of the store. A store can come with a repository, so nothing
/// beside it is believed.
package struct AccessToken: Hashable, Sendable {
    package let value: String
    /// The file that keeps it; `nil` if the environment has given it.
    package let path: String?

    /// What a program of this user says to the server of a store.
    package static func credentials(
        forStore store: String, environment: [String: String]
    ) throws(AccessTokenError) -> BindleClient.Credentials {
        try find(forStore: store, environment: environment).map { .bearer(token: $0.value) } ?? .none
    }

    /// The variable that gives a token in place of the kept one.
    package static let variable = "BINDLE_SERVE_TOKEN"

    /// The token for a store's server, made if there is none yet.
    ///
    /// - Parameter store: The path of the store's file.
    /// - Throws: `AccessTokenError` if the file cannot be made, or if others may read it.
    package static func make(forStore store: String, environment: [String: String]) throws(AccessTokenError)
        -> AccessToken
    {
        if let token = try find(forStore: store, environment: environment) { return token }
        let path = path(forStore: store, environment)
        var generator = SystemRandomNumberGenerator()
        // 256 random bits, written as digests are.
        let words = (0..<8).map { _ in UInt32.random(in: 0 ... .max, using: &generator) }
        let value = SHA256Digest(words: SIMD8(words)).hex
        do { try PendingFile.writePrivately(value + "\n", to: path) } catch {
            throw AccessTokenError(path: path, problem: "the token cannot be kept: \(error)")
        }
        return AccessToken(value: value, path: path)
    }

    /// The token for a store's server; `nil` if none has been made.
    ///
    /// - Throws: `AccessTokenError` if the file cannot be read, or if others may read it.
    package static func find(forStore store: String, environment: [String: String]) throws(AccessTokenError)
        -> AccessToken?
    {
        if let value = environment[variable], !value.isEmpty { return AccessToken(value: value, path: nil) }
        let path = path(forStore: store, environment)
        let bytes: [UInt8]?
        do throws(PrivateFileError) { bytes = try PrivateFile.read(path, limit: 1024) } catch {
            switch error {
            case .open:
                throw AccessTokenError(
                    path: path, problem: "others may read the token; remove the file, and a new one is made")
            case .unreadable(_, let detail), .malformed(_, let detail), .unwritable(_, let detail):
                throw AccessTokenError(path: path, problem: "the token cannot be read: \(detail)")
            }
        }
        guard let bytes else { return nil }
        let value = bytes.prefix { (0x21...0x7E).contains($0) }
        guard value.count >= 16 else {
            throw AccessTokenError(path: path, problem: "the file holds no token; remove it, and a new one is made")
        }
        return AccessToken(value: String(decoding: value, as: UTF8.self), path: path)
    }

    private static func path(forStore store: String, _ environment: [String: String]) -> String {
        KeyStorage.path(in: .tokens, forStore: store, environment)
    }
}

/// Why a token cannot be used.
package struct AccessTokenError: Error, Hashable, CustomStringConvertible {
    package let path: String
    package let problem: String

    package var description: String { "\(path): \(problem)" }
}
