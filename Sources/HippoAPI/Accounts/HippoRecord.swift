import Bindle
import Cryptography

/// What Hippo's API keeps of its own: who may use it, and what its clients have said that a store has no place for.
package struct HippoRecord: Hashable, Sendable {
    /// What tokens are signed with: 32 bytes.
    package let key: [UInt8]
    package internal(set) var accounts: [HippoAccount] = []
    /// The apps that clients have made, in their order. Others follow from what is in the store.
    var apps: [HippoApp] = []
    var certificates: [HippoCertificate] = []
    package internal(set) var tokens: [UploadToken] = []

    /// There cannot be more of either.
    static let accountLimit = 1000
    static let appLimit = 10_000
    static let certificateLimit = 1000

    /// A new one, with a key that nobody knows.
    init() {
        var generator = SystemRandomNumberGenerator()
        key = (0..<32).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
    }

    init(key: [UInt8]) {
        self.key = key
    }

    /// Adds an account.
    /// - Throws: `HippoAccountError` if the name or the password is none, or the name is taken.
    package mutating func addAccount(name: String, password: String) throws(HippoAccountError) {
        try HippoAccount.check(name: name, password: password)
        guard account(named: name) == nil else { throw .taken(name) }
        guard accounts.count < Self.accountLimit else { throw .tooMany }
        accounts.append(HippoAccount(id: .random(), name: name, password: Bcrypt(hashing: password)))
    }

    /// Removes an account, and with it what its tokens are good for.
    /// - Throws: `HippoAccountError.unknown`.
    package mutating func removeAccount(named name: String) throws(HippoAccountError) {
        guard let index = accounts.firstIndex(where: { $0.name == name }) else { throw .unknown(name) }
        accounts.remove(at: index)
    }

    func account(named name: String) -> HippoAccount? { accounts.first { $0.name == name } }
}

/// Somebody who may use Hippo's API.
package struct HippoAccount: Hashable, Sendable {
    let id: HippoID
    package let name: String
    let password: Bcrypt

    /// - Throws: `HippoAccountError.name` or `.password`.
    static func check(name: String, password: String) throws(HippoAccountError) {
        guard HippoName.isValid(name, limit: 64) else { throw .name(name) }
        guard (6...Bcrypt.longestPassword).contains(password.utf8.count) else { throw .password }
    }
}

/// Why there is no such account, or none can be made.
package enum HippoAccountError: Error, Hashable, CustomStringConvertible {
    case name(String)
    case password
    case taken(String)
    case tooMany
    case unknown(String)

    package var description: String {
        switch self {
        case .name(let name):
            "'\(name)' is no name for an account: it takes 1 to 64 letters of ASCII, digits, '-' and '_'"
        case .password: "a password has 6 to \(Bcrypt.longestPassword) bytes"
        case .taken(let name): "there is an account '\(name)' already"
        case .tooMany: "there are \(HippoRecord.accountLimit) accounts already: remove one first"
        case .unknown(let name): "there is no account '\(name)'"
        }
    }
}

/// Names as Hippo takes them.
enum HippoName {
    /// Whether a name is of letters of ASCII, digits, `-` and `_`.
    static func isValid(_ name: String, limit: Int) -> Bool {
        (1...limit).contains(name.utf8.count) && name.utf8.allSatisfy { isPlain($0) }
    }

    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// An app: a name for the bindles of a name.
struct HippoApp: Hashable, Sendable {
    var name: String
    /// The name of the bindles.
    let storage: String

    var id: HippoID { HippoID(of: .app, storage) }
}

/// A certificate that a client has handed in. See <doc:HippoAPI>.
struct HippoCertificate: Hashable, Sendable {
    let id: HippoID
    var name: String
    var publicKey: String
    var privateKey: String
    /// The channels that it is for.
    var channels: [HippoID] = []
}
