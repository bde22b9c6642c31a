import CommandLineInterface
import HTTP

/// The certificate by which a server speaks HTTPS.
enum ServerTLSOptions {
    static let certificate = Option(
        name: "tls-cert", valueName: "FILE",
        summary:
            "Serve HTTPS, and no HTTP, with this certificate in PEM. The certificates of intermediate authorities follow "
            + "it in the file, which is read again when it has changed.")
    static let key = Option(
        name: "tls-key", valueName: "FILE", summary: "The certificate's private key, in PEM and without a password.")

    /// The two files; `nil` if neither is named.
    static func files(_ arguments: ParsedArguments) throws -> (certificate: String, key: String)? {
        switch (arguments[certificate], arguments[key]) {
        case (nil, nil): return nil
        case (let certificate?, let key?): return (certificate, key)
        default: throw UsageError("'--tls-cert' and '--tls-key' go together")
        }
    }

    /// As whom a server speaks TLS; `nil` if it is not to.
    ///
    /// - Parameter onProblem: told when renewed files cannot be used.
    static func identity(
        _ arguments: ParsedArguments, onProblem: @escaping @Sendable (String) -> Void
    ) throws -> TLSIdentity? {
        guard let files = try files(arguments) else { return nil }
        do {
            return try TLSIdentity(certificateFile: files.certificate, keyFile: files.key, onProblem: onProblem)
        } catch {
            throw CommandFailure(error.description)
        }
    }
}
