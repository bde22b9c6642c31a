import CommandLineInterface
import HTTP

/// Which servers are trusted, for the commands that may go to `https` URLs.
enum TLSOptions {
    private static let insecure = Option(
        flag: "insecure", shortName: "k",
        summary: "Accept any certificate of an https server. Anybody on the way can then read and change what is sent.")
    private static let authorities = Option(
        name: "ca-file", valueName: "FILE",
        summary: "Trust the certificates of this file, in PEM, instead of the system's authorities.",
        environmentVariable: "SSL_CERT_FILE")

    static let all = [insecure, authorities]

    static func policy(_ arguments: ParsedArguments) -> TLSPolicy {
        var policy = TLSPolicy()
        policy.verifiesServer = !arguments.isSet(insecure)
        policy.authoritiesPath = arguments[authorities]
        return policy
    }
}
