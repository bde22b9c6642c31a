import Platform

/// Which invoices a server takes in, and with which key it vouches for those. By default it takes all and signs none.
package struct ServerTrust: Sendable {
    /// What the signatures of an invoice have to be; `nil` asks for none.
    package var strategy: VerificationStrategy?
    /// The keys that the strategy knows.
    package var keyring: Keyring
    /// The key that signs what the server takes in, as host.
    package var hostKey: SecretKey?

    package init(strategy: VerificationStrategy? = nil, keyring: Keyring = Keyring(), hostKey: SecretKey? = nil) {
        self.strategy = strategy
        self.keyring = keyring
        self.hostKey = hostKey
    }

    /// Verifies a new invoice, and signs it as host unless it is already.
    /// - Parameter existing: Looks up the invoice of this ID that the store has. Its host's signature is kept where it
    ///   still holds, so that handing in the same invoice again changes nothing.
    func admit(_ invoice: inout Invoice, existing: (BindleID) -> Invoice?) throws(VerificationError) {
        try strategy?.verify(invoice, with: keyring)
        guard let hostKey else { return }
        let publicKey = Base64.encode(hostKey.privateKey.publicKey.bytes)
        guard !invoice.signatures.contains(where: { $0.key == publicKey }) else { return }
        if let kept = existing(invoice.id)?.signatures.first(where: { $0.key == publicKey && $0.role == .host }),
            invoice.isValid(kept)
        {
            invoice.signatures.append(kept)
        } else {
            // A key without the role of a host signs nothing.
            try? invoice.sign(with: hostKey, as: .host, at: Int(time(nil)))
        }
    }

    /// The server's own keys for any of these roles.
    func publicKeys(for roles: [Signature.Role]) -> Keyring {
        Keyring(entries: [hostKey].compactMap { $0?.keyringEntry }.filter { !Set($0.roles).isDisjoint(with: roles) })
    }
}
