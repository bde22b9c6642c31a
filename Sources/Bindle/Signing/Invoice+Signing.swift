import Platform
import Cryptography

extension Invoice {
    /// What a signature is made of: the signer, the bindle's name and version, the role, `~`, and the digest of each
    /// parcel in the invoice's order, a line each, without a final line break.
    ///
    /// The time of signing is not in it, though Bindle's specification says so: the reference implementation leaves
    /// it out, and signatures have to hold there.
    package func signedText(by signer: String, role: Signature.Role) -> [UInt8] {
        Self.signedText(by: signer, role: role, id: id, digests: parcels.lazy.map(\.label.sha256))
    }

    /// The same, of an invoice that is known by its ID and its parcels' digests.
    static func signedText(
        by signer: String, role: Signature.Role, id: BindleID, digests: some Sequence<String>
    ) -> [UInt8] {
        let lines = [signer, id.name, id.version.description, role.rawValue, "~"] + digests
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// Adds a signature.
    /// - Parameter time: When it is made, in seconds since 1970.
    package mutating func sign(with key: SecretKey, as role: Signature.Role, at time: Int) throws(SigningError) {
        guard key.roles.contains(role) else { throw .roleNotAllowed(key: key.label, role: role) }
        let publicKey = Base64.encode(key.privateKey.publicKey.bytes)
        guard !signatures.contains(where: { $0.key == publicKey }) else { throw .signedAlready(key: key.label, id) }
        let signature = key.privateKey.signature(for: signedText(by: key.label, role: role))
        signatures.append(
            Signature(
                by: key.label, signature: Base64.encode(signature), key: publicKey, role: role, at: time))
    }

    /// Takes the signature of this key as host off.
    mutating func removeHostSignature(by key: SecretKey) {
        let publicKey = Base64.encode(key.privateKey.publicKey.bytes)
        signatures.removeAll { $0.role == .host && $0.key == publicKey }
    }

    /// Whether a signature is this invoice's, made by the key that it names.
    func isValid(_ signature: Signature) -> Bool {
        guard let key = Base64.decode(signature.key).flatMap({ Ed25519.PublicKey(bytes: $0) }),
            let bytes = Base64.decode(signature.signature)
        else { return false }
        return key.isValidSignature(bytes, for: signedText(by: signature.by, role: signature.role))
    }
}

/// Why an invoice was not signed.
package enum SigningError: Error, Hashable, CustomStringConvertible {
    case roleNotAllowed(key: String, role: Signature.Role)
    /// The same key must not sign an invoice twice.
    case signedAlready(key: String, BindleID)

    package var description: String {
        switch self {
        case .roleNotAllowed(let key, let role): "the key of '\(key)' is not for signing as \(role.rawValue)"
        case .signedAlready(let key, let id): "\(id) is signed with the key of '\(key)' already"
        }
    }
}
