import Platform
package import Cryptography
package import TOML

/// A public key that is known, with what it is called and what it may sign as.
package struct KeyringEntry: Hashable, Sendable {
    package let label: String
    package let roles: [Signature.Role]
    package let key: Ed25519.PublicKey
    /// The key's own signature of the label: whoever has the key calls itself so.
    package let labelSignature: [UInt8]?

    package init(label: String, roles: [Signature.Role], key: Ed25519.PublicKey, labelSignature: [UInt8]?) {
        self.label = label
        self.roles = roles
        self.key = key
        self.labelSignature = labelSignature
    }

    var table: TOMLTable {
        var table = TOMLTable([
            "label": TOMLValue(label), "roles": TOMLValue(roles.map(\.rawValue)),
            "key": TOMLValue(Base64.encode(key.bytes)),
        ])
        table["labelSignature"] = labelSignature.map { TOMLValue(Base64.encode($0)) }
        return table
    }
}

/// The public keys that one knows, in Bindle's file format.
package struct Keyring: Hashable, Sendable {
    package var entries: [KeyringEntry]

    package init(entries: [KeyringEntry] = []) {
        self.entries = entries
    }

    /// Whether the key is known as one that signs as `role`.
    ///
    /// The role matters: the key of a server that signs as host, fetched from that server, must not pass for a
    /// creator's.
    package func knows(_ key: Ed25519.PublicKey, as role: Signature.Role) -> Bool {
        entries.contains { $0.key == key && $0.roles.contains(role) }
    }

    /// Adds an entry, in place of one with the same key.
    package mutating func add(_ entry: KeyringEntry) {
        entries.removeAll { $0.key == entry.key }
        entries.append(entry)
    }

    package init(parsing text: [UInt8], as encoding: DocumentEncoding = .toml) throws(InvoiceError) {
        let fields = ["label", "roles", "key", "labelSignature"]
        entries = try KeyFile.parse(text, as: encoding, fields: fields) { (fields) throws(InvoiceProblem) in
            let label = try fields.requiredString("label")
            guard let key = Ed25519.PublicKey(bytes: try fields.base64("key", count: 32)) else {
                throw fields.problem("key", "the key of '\(label)' is no Ed25519 public key")
            }
            var signature: [UInt8]?
            if fields.table["labelSignature"] != nil {
                let bytes = try fields.base64("labelSignature", count: 64)
                guard key.isValidSignature(bytes, for: Array(label.utf8)) else {
                    throw fields.problem("labelSignature", "the key does not sign its label, '\(label)'")
                }
                signature = bytes
            }
            return KeyringEntry(label: label, roles: try fields.roles(), key: key, labelSignature: signature)
        }
    }

    /// The keyring as the table that documents hold.
    package var table: TOMLTable { KeyFile.table(entries.map(\.table)) }

    /// The keyring as TOML.
    package var toml: String { table.serialized() }
}
