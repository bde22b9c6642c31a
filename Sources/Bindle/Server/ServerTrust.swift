import Platform

/// Which invoices a server takes in, and with which key it vouches for those. By default it takes all and signs none.
package struct ServerTrust: Sendable {
    /// What the signatures of an invoice have to be; `nil` asks for none.
    package var strategy: VerificationStrategy?
    /// The keys that the strategy knows.
    package var keyring: Keyring
    /// The key that signs what the server gives out, as host.
    package var hostKey: HostKey?

    package init(strategy: VerificationStrategy? = nil, keyring: Keyring = Keyring(), hostKey: HostKey? = nil) {
        self.strategy = strategy
        self.keyring = keyring
        self.hostKey = hostKey
    }

    /// Verifies a new invoice, and takes this host's own signature off it. It is put on again whenever the invoice is given
    /// out, so that an invoice that comes back from a client is the same as the one that was handed in.
    func admit(_ invoice: inout Invoice) throws(VerificationError) {
        try strategy?.verify(invoice, with: keyring)
        guard invoice.signatures.contains(where: { $0.role == .host }), let key = hostKey?.key else { return }
        invoice.removeHostSignature(by: key)
    }

    /// The server's own keys for any of these roles.
    func publicKeys(for roles: [Signature.Role]) -> Keyring {
        let entries = [hostKey?.key?.keyringEntry].compactMap(\.self)
        return Keyring(entries: entries.filter { !Set($0.roles).isDisjoint(with: roles) })
    }
}
