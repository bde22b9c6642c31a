import Platform
import Cryptography

/// What an invoice's signatures have to be for it to be trusted. Signatures are valid when they are the named key's of
/// this invoice, and known when the key is in the keyring, for the signature's role.
package enum VerificationStrategy: Hashable, Sendable {
    /// There is a creator's signature, and each is valid and known.
    case creativeIntegrity
    /// Each creator's and approver's signature is valid, and one of them is known.
    case authoritativeIntegrity
    /// There is a creator's signature, each is known, and every signature, whosever, is valid.
    case greedyVerification
    /// There is a signature, and each is valid and known.
    case exhaustiveVerification
    /// There is a signature of each of the roles, and all of theirs are valid and known.
    case multipleAttestation([Signature.Role])
    /// The same, and every signature, whosever, is valid.
    case multipleAttestationGreedy([Signature.Role])

    /// Checks an invoice.
    /// - Throws: The first reason not to trust it.
    package func verify(_ invoice: Invoice, with keyring: Keyring) throws(VerificationError) {
        let id = invoice.id
        guard !invoice.signatures.isEmpty else { throw .unsigned(id) }
        var keys = Set<String>()
        for signature in invoice.signatures where !keys.insert(signature.key).inserted {
            throw .signedTwice(id, by: signature.by)
        }
        let roles = roles
        for signature in invoice.signatures where checksAll || roles.contains(signature.role) {
            guard invoice.isValid(signature) else { throw .invalid(id, by: signature.by, signature.role) }
        }
        func isKnown(_ signature: Signature) -> Bool {
            guard let key = Base64.decode(signature.key).flatMap({ Ed25519.PublicKey(bytes: $0) }) else { return false }
            return keyring.knows(key, as: signature.role)
        }
        let relevant = invoice.signatures.filter { roles.contains($0.role) }
        if needsOnlyOne {
            guard relevant.contains(where: isKnown) else { throw .noKnownKey(id, roles) }
            return
        }
        for signature in relevant where !isKnown(signature) {
            throw .unknownKey(id, by: signature.by, signature.role)
        }
        for role in requiredRoles where !relevant.contains(where: { $0.role == role }) {
            throw .missing(id, role)
        }
    }

    /// The roles whose signatures count.
    private var roles: [Signature.Role] {
        switch self {
        case .creativeIntegrity, .greedyVerification: [.creator]
        case .authoritativeIntegrity: [.creator, .approver]
        case .exhaustiveVerification: Signature.Role.allCases
        case .multipleAttestation(let roles), .multipleAttestationGreedy(let roles): roles
        }
    }

    /// The roles that have to have signed.
    private var requiredRoles: [Signature.Role] {
        switch self {
        case .creativeIntegrity, .greedyVerification: [.creator]
        case .authoritativeIntegrity, .exhaustiveVerification: []
        case .multipleAttestation(let roles), .multipleAttestationGreedy(let roles): roles
        }
    }

    /// Whether signatures of other roles have to be valid as well.
    private var checksAll: Bool {
        switch self {
        case .greedyVerification, .exhaustiveVerification, .multipleAttestationGreedy: true
        case .creativeIntegrity, .authoritativeIntegrity, .multipleAttestation: false
        }
    }

    private var needsOnlyOne: Bool { self == .authoritativeIntegrity }
}

extension VerificationStrategy: CustomStringConvertible {
    /// Reads a strategy as the reference implementation writes it: `GreedyVerification`,
    /// `MultipleAttestation[Creator,Approver]`. Case does not count. `nil` for anything else.
    package init?(_ text: String) {
        let name = text.prefix { $0 != "[" }.lowercased()
        var roles: [Signature.Role] = []
        if name.count < text.count {
            guard text.hasSuffix("]") else { return nil }
            let list = text.dropFirst(name.count + 1).dropLast()
            for part in list.split(separator: ",", omittingEmptySubsequences: false) {
                guard let role = Signature.Role(reading: part.filter { !$0.isWhitespace }) else {
                    return nil
                }
                roles.append(role)
            }
        }
        switch (name, roles.isEmpty) {
        case ("creativeintegrity", true): self = .creativeIntegrity
        case ("authoritativeintegrity", true): self = .authoritativeIntegrity
        case ("greedyverification", true): self = .greedyVerification
        case ("exhaustiveverification", true): self = .exhaustiveVerification
        case ("multipleattestation", false): self = .multipleAttestation(roles)
        case ("multipleattestationgreedy", false): self = .multipleAttestationGreedy(roles)
        default: return nil
        }
    }

    package var description: String {
        func list(_ roles: [Signature.Role]) -> String {
            "[\(roles.map { $0.rawValue.prefix(1).uppercased() + $0.rawValue.dropFirst() }.joined(separator: ","))]"
        }
        return switch self {
        case .creativeIntegrity: "CreativeIntegrity"
        case .authoritativeIntegrity: "AuthoritativeIntegrity"
        case .greedyVerification: "GreedyVerification"
        case .exhaustiveVerification: "ExhaustiveVerification"
        case .multipleAttestation(let roles): "MultipleAttestation\(list(roles))"
        case .multipleAttestationGreedy(let roles): "MultipleAttestationGreedy\(list(roles))"
        }
    }
}

/// Why an invoice is not to be trusted.
package enum VerificationError: Error, Hashable, CustomStringConvertible {
    case unsigned(BindleID)
    case signedTwice(BindleID, by: String)
    case invalid(BindleID, by: String, Signature.Role)
    case unknownKey(BindleID, by: String, Signature.Role)
    case noKnownKey(BindleID, [Signature.Role])
    case missing(BindleID, Signature.Role)

    package var description: String {
        switch self {
        case .unsigned(let id): "\(id) is not signed"
        case .signedTwice(let id, let signer): "\(id) is signed twice with the same key, by '\(signer)'"
        case .invalid(let id, let signer, let role):
            "the signature of '\(signer)' as \(role.rawValue) is not one of \(id)"
        case .unknownKey(let id, let signer, let role):
            "\(id) is signed by '\(signer)' as \(role.rawValue), with a key that the keyring does not have for that "
                + "role"
        case .noKnownKey(let id, let roles):
            "\(id) has no signature as \(roles.map(\.rawValue).joined(separator: " or ")) with a key of the keyring"
        case .missing(let id, let role): "\(id) has no signature as \(role.rawValue)"
        }
    }
}
