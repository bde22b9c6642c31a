import Bindle
import ControlPage
import Cryptography
import Platform

/// What lets somebody hand in bindles of some names, and say which of their channels they are for. It is shown once, when it is made; its
/// digest is kept.
package struct UploadToken: Hashable, Sendable {
    package let id: HippoID
    /// Whose it is, for people.
    package let label: String
    /// SHA-256 of what is shown. It has 256 random bits: nobody finds it by trying, so that a slow hash gains nothing.
    let digest: SHA256Digest
    /// The names of bindles that it is good for; `*` for all.
    package let names: [String]
    /// The channels that it may set; `*` for all.
    package let channels: [String]
    /// Seconds since 1970.
    package let creation: Int64
    /// When it ends; `nil` for never. Seconds since 1970.
    package let expiration: Int64?

    /// What stands for everything.
    package static let everything = "*"
    /// What all of them begin with, so that scanners know one that was published by mistake.
    package static let prefix = "hippo_"

    package func isGood(forName name: String) -> Bool { names.contains { $0 == Self.everything || $0 == name } }

    package func isGood(forChannel channel: String) -> Bool {
        channels.contains { $0 == Self.everything || $0 == channel }
    }

    func holds(at time: Int64) -> Bool { expiration.map { $0 > time } ?? true }
}

/// Why no token can be made.
package enum UploadTokenError: Error, Hashable, CustomStringConvertible {
    case label
    case names
    case channel(String)
    case tooMany
    case unknown(String)

    package var description: String {
        switch self {
        case .label: "a token has a label of 1 to 100 characters, which says whose it is"
        case .names: "a token is for one name of bindles at least, or for '*', which is all"
        case .channel(let name): "'\(name)' is no name of a channel"
        case .tooMany: "there are \(HippoRecord.tokenLimit) tokens already: revoke one first"
        case .unknown(let id): "there is no token \(id)"
        }
    }
}

extension HippoRecord {
    static let tokenLimit = 1000

    /// Makes a token.
    ///
    /// - Parameters:
    ///   - lifetime: How long it holds; `nil` for ever.
    ///   - now: Seconds since 1970.
    /// - Returns: the token, and what its holder has to show, which is kept nowhere.
    package mutating func addToken(
        label: String, names: [String], channels: [String], lifetime: Duration?, now: Int64
    ) throws(UploadTokenError) -> (token: UploadToken, secret: String) {
        guard (1...100).contains(label.count), PrintableText.line(label) == label else { throw .label }
        guard !names.isEmpty, names.allSatisfy({ $0 == UploadToken.everything || BindleID.isName($0) }) else {
            throw .names
        }
        for channel in channels where channel != UploadToken.everything && !ChannelChange.isName(channel) {
            throw .channel(channel)
        }
        guard tokens.count < Self.tokenLimit else { throw .tooMany }
        var generator = SystemRandomNumberGenerator()
        let words = (0..<8).map { _ in UInt32.random(in: 0 ... .max, using: &generator) }
        let secret = UploadToken.prefix + SHA256Digest(words: SIMD8(words)).hex
        let token = UploadToken(
            id: .random(), label: label, digest: SHA256.hash(secret.utf8), names: names, channels: channels,
            creation: now, expiration: lifetime.map { now + $0.components.seconds })
        tokens.append(token)
        return (token, secret)
    }

    /// Revokes a token: nobody is let in by it any more.
    /// - Throws: `UploadTokenError.unknown`.
    package mutating func removeToken(_ id: String) throws(UploadTokenError) {
        guard let index = tokens.firstIndex(where: { $0.id.description == id.lowercased() }) else { throw .unknown(id) }
        tokens.remove(at: index)
    }

    /// The token of a request's `Authorization` field, if it still holds.
    /// - Parameter now: Seconds since 1970.
    package func token(ofField field: String?, now: Int64) -> UploadToken? {
        guard let field, field.lowercased().hasPrefix("bearer ") else { return nil }
        // Compared by digest, which tells nobody how much of a token is right.
        let digest = SHA256.hash(field.dropFirst("bearer ".count).drop { $0 == " " }.utf8)
        return tokens.first { $0.digest == digest && $0.holds(at: now) }
    }
}
