import Platform
import Synchronization

/// Has certificates made for the names below `localhost` that clients ask for.
final class CertificateIssuer: Sendable {
    private struct State {
        var certificates: [String: Certificate] = [:]
        var general: Certificate
        /// When they were begun with.
        var since = MonotonicTime.now
    }

    private let authority: LocalAuthority
    private let key: CertificateKey
    private let state: Mutex<State>
    /// Names are the clients' choice: with more of them, it is begun anew.
    private static let limit = 256
    /// After so long, well before certificates expire, it is begun anew.
    private static let renewalTime = Duration.seconds(30 * 86_400)

    init(_ authority: LocalAuthority) throws(TLSProblem) {
        self.authority = authority
        key = try CertificateKey(authority.key.library)
        state = Mutex(State(general: try authority.certificate(for: nil, key: key)))
    }

    /// The digest of the key that all certificates are for.
    var publicKeyPin: String? {
        authority.key.library.publicKeyPin(of: state.withLock { $0.general }.handle)
    }

    /// Gives a session that begins the certificate for the name that its client asks for; false if that cannot be.
    func certify(_ session: OpenSSL.Handle) -> Bool {
        guard let openSSL = try? OpenSSL.shared.get() else { return false }
        // TLSEXT_NAMETYPE_host_name
        let name = openSSL.serverName(session, 0).flatMap { Self.localName(String(cString: $0)) }
        guard let certificate = try? certificate(for: name) else { return false }
        // The session takes references of its own.
        return openSSL.useCertificate(session, certificate.handle) == 1
            && openSSL.usePrivateKey(session, key.handle) == 1
    }

    private func certificate(for name: String?) throws(TLSProblem) -> Certificate {
        let result = state.withLock { state in
            Result<Certificate, TLSProblem> { () throws(TLSProblem) in
                if state.since + Self.renewalTime < .now {
                    state = State(general: try authority.certificate(for: nil, key: key))
                }
                guard let name else { return state.general }
                if let known = state.certificates[name] { return known }
                if state.certificates.count >= Self.limit { state.certificates = [:] }
                let made = try authority.certificate(for: name, key: key)
                state.certificates[name] = made
                return made
            }
        }
        return try result.get()
    }

    /// The name, in small letters, if it is one below `localhost`, of letters that names of hosts may have.
    private static func localName(_ name: String) -> String? {
        let name = name.lowercased()
        guard name.hasSuffix(".localhost"), name.utf8.count <= 253, !name.hasPrefix("."), !name.contains(".."),
            name.utf8.allSatisfy({
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            })
        else { return nil }
        return name
    }
}
