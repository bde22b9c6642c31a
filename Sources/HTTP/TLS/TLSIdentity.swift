import Platform
import Synchronization

/// As whom a server speaks TLS: a certificate and its key.
///
/// Files are read again when they have changed, before the next connection, so that a renewed certificate needs no restart.
package final class TLSIdentity: Sendable {
    private struct Files: Sendable {
        let certificate: String
        let key: String

        /// What tells that they have changed.
        var versions: [FileIdentity?] { [certificate, key].map { FileStatus(path: $0)?.identity } }
    }

    private struct State: Sendable {
        var context: TLSContext
        /// Those of the files that were read last, whether they could be used or not.
        var versions: [FileIdentity?] = []
        var onRenewal: @Sendable () -> Void = {}
    }

    /// The certificate of the user's own authority, which clients have to trust, if it is that.
    package let authorityFile: String?
    private let files: Files?
    private let onProblem: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// Reads the files, both in PEM.
    ///
    /// - Parameter onProblem: told when renewed files cannot be used. The ones before go on being used then.
    /// - Throws: if there is no library for TLS, or the files cannot be read or do not fit; names the file.
    package init(
        certificateFile: String, keyFile: String, onProblem: @escaping @Sendable (String) -> Void
    ) throws(TLSProblem) {
        let files = Files(certificate: certificateFile, key: keyFile)
        self.files = files
        authorityFile = nil
        self.onProblem = onProblem
        let versions = files.versions
        let context = try TLSContext(certificateFile: certificateFile, keyFile: keyFile)
        state = Mutex(State(context: context, versions: versions))
    }

    /// A certificate for each local name that clients ask for, made by the user's own authority.
    package init(authority: LocalAuthority) throws(TLSProblem) {
        files = nil
        authorityFile = authority.certificateFile
        onProblem = { _ in }
        state = Mutex(State(context: try TLSContext(issuer: try CertificateIssuer(authority))))
    }

    /// What the next session begins with.
    func context() -> TLSContext {
        let (context, event) = state.withLock { state -> (TLSContext, (@Sendable () -> Void)?) in
            guard let files, case let versions = files.versions, versions != state.versions else {
                return (state.context, nil)
            }
            state.versions = versions
            do throws(TLSProblem) {
                state.context = try TLSContext(certificateFile: files.certificate, keyFile: files.key)
                return (state.context, state.onRenewal)
            } catch {
                let problem = "The certificate before stays in use: \(error)"
                return (state.context, { [onProblem] in onProblem(problem) })
            }
        }
        event?()
        return context
    }

    /// What tells the server's key from every other, for `TLSPolicy.publicKeyPin`; `nil` if OpenSSL cannot tell. A renewed
    /// certificate may have another key.
    package var publicKeyPin: String? { state.withLock { $0.context }.publicKeyPin }

    /// Has `body` called whenever renewed files have been taken up, before the first connection that is served with them
    /// is.
    package func onRenewal(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.onRenewal = body } }
}
