import Bindle
import Cryptography
import JSON
import Platform

/// What a client shows to say who it is: a JSON Web Token (RFC 7519), signed by HMAC with SHA-256 (HS256, RFC 7518, section 3.2).
///
/// Only tokens of this very form are read. What a token says of its own algorithm decides nothing: its header has to be the
/// one that all tokens here have.
struct WebToken: Hashable, Sendable {
    /// The account.
    let subject: HippoID
    /// Seconds since 1970.
    let expiration: Int64

    /// How long tokens hold, in seconds: as Hippo's do.
    static let lifetime: Int64 = 30 * 60

    private static let header = base64(#"{"alg":"HS256","typ":"JWT"}"#.utf8)
    private static let longestText = 4096
    /// The name that .NET has for who somebody is.
    private static let nameIdentifier = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"

    init(subject: HippoID, expiration: Int64) {
        self.subject = subject
        self.expiration = expiration
    }

    /// The token for a client.
    func text(signedWith key: [UInt8]) -> String {
        let subject = JSONValue.string(subject.description)
        let claims: JSONObject = [
            "sub": subject, "unique_name": subject, "jti": .string(HippoID.random().description),
            Self.nameIdentifier: subject, "exp": .integer(Int(expiration)),
        ]
        let content = "\(Self.header).\(Self.base64(claims.serialized.utf8))"
        return "\(content).\(Self.base64(HMACSHA256.code(of: content.utf8, key: key).bytes))"
    }

    /// Reads a token that was made with the key and still holds.
    ///
    /// - Parameter now: Seconds since 1970.
    init?(_ text: some StringProtocol, key: [UInt8], now: Int64) {
        guard text.utf8.count <= Self.longestText else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.header, let code = Self.bytes(parts[2]),
            // Before anything in it is looked at.
            ConstantTime.areEqual(code, HMACSHA256.code(of: "\(parts[0]).\(parts[1])".utf8, key: key).bytes),
            let claims = Self.bytes(parts[1]).flatMap({ try? JSONValue(parsing: $0).object }),
            let subject = claims["sub"]?.string.flatMap({ HippoID($0) }),
            let expiration = claims["exp"]?.integer, Int64(expiration) > now
        else { return nil }
        self.init(subject: subject, expiration: Int64(expiration))
    }

    /// Base64 with the alphabet for URLs and without padding (RFC 7515, section 2).
    private static func base64(_ bytes: some Sequence<UInt8>) -> String {
        let text = Base64.encode(bytes).utf8.compactMap { (byte) -> UInt8? in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of a text; `nil` unless it is the one that `base64` makes of them.
    private static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        var characters = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            // Not of this alphabet, and then of neither, so that it is refused below.
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): 0
            default: byte
            }
        }
        while characters.count % 4 != 0 { characters.append(UInt8(ascii: "=")) }
        return Base64.decode(String(decoding: characters, as: UTF8.self))
    }
}
