import Platform
package import Cryptography
import TOML

/// A key that signs invoices, with what it is called and what it signs as.
package struct SecretKey: Sendable {
    package let label: String
    package let roles: [Signature.Role]
    package let privateKey: Ed25519.PrivateKey

    package init(label: String, roles: [Signature.Role], privateKey: Ed25519.PrivateKey = .random()) {
        self.label = label
        self.roles = roles
        self.privateKey = privateKey
    }

    /// What others keep of this key, to know it by.
    package var keyringEntry: KeyringEntry {
        KeyringEntry(
            label: label, roles: roles, key: privateKey.publicKey,
            labelSignature: privateKey.signature(for: Array(label.utf8)))
    }
}

/// The secret keys of one person or server, in Bindle's file format.
package struct SecretKeys: Sendable {
    package var keys: [SecretKey]

    package init(keys: [SecretKey] = []) {
        self.keys = keys
    }

    /// The first key that signs as `role`, of those with this label, if one is given.
    package func key(for role: Signature.Role, label: String? = nil) -> SecretKey? {
        keys.first { $0.roles.contains(role) && (label == nil || $0.label == label) }
    }

    package init(parsing text: [UInt8]) throws(InvoiceError) {
        keys = try KeyFile.parse(text, fields: ["label", "roles", "keypair"]) { (fields) throws(InvoiceProblem) in
            let label = try fields.requiredString("label")
            // The seed, and the public key that follows from it.
            let bytes = try fields.base64("keypair", count: 64)
            guard let key = Ed25519.PrivateKey(seed: Array(bytes[..<32])),
                key.publicKey.bytes == Array(bytes[32...])
            else {
                throw fields.problem("keypair", "the two halves of the key of '\(label)' do not belong together")
            }
            return SecretKey(label: label, roles: try fields.roles(), privateKey: key)
        }
    }

    /// The keys as TOML.
    package var toml: String {
        KeyFile.toml(
            keys.map { key in
                let pair = key.privateKey.seed + key.privateKey.publicKey.bytes
                return TOMLTable([
                    "label": TOMLValue(key.label), "keypair": TOMLValue(Base64.encode(pair)),
                    "roles": TOMLValue(key.roles.map(\.rawValue)),
                ])
            })
    }
}
