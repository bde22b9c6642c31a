/// A signature on an invoice, kept as it was written: whether it holds is for a verification to say.
package struct Signature: Hashable, Sendable {
    /// The signer's label, such as `Name <mail@example.com>`.
    package var by: String
    /// The Ed25519 signature, 64 bytes in standard base64.
    package var signature: String
    /// The signer's public key, 32 bytes in standard base64.
    package var key: String
    package var role: Role
    /// When it was made, in seconds since 1970.
    package var at: Int

    /// In what capacity one signs.
    package enum Role: String, Hashable, Sendable, CaseIterable {
        case creator, proxy, host, approver

        /// Reads a role by its name or the beginning of it, in any case: `h`, `Host`. No two begin alike.
        package init?(reading text: some StringProtocol) {
            let beginning = text.lowercased()
            guard !beginning.isEmpty, let role = Self.allCases.first(where: { $0.rawValue.hasPrefix(beginning) }) else {
                return nil
            }
            self = role
        }
    }

    package init(by: String, signature: String, key: String, role: Role, at: Int) {
        self.by = by
        self.signature = signature
        self.key = key
        self.role = role
        self.at = at
    }
}
