import Bindle
import CommandLineInterface
import HTTP
import Platform

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

    /// The system's authorities, and for this machine the user's own.
    static var usualPolicy: TLSPolicy {
        var policy = TLSPolicy()
        policy.localAuthorityPath = UserFile.authority.path()
        return policy
    }

    /// The servers that guests' requests may trust: as for commands, of which none has options for that.
    static var guestPolicy: TLSPolicy {
        var policy = usualPolicy
        if let file = ProcessEnvironment.all["SSL_CERT_FILE"], !file.isEmpty { policy.authoritiesPath = file }
        return policy
    }

    static func policy(_ arguments: ParsedArguments) -> TLSPolicy {
        var policy = usualPolicy
        policy.verifiesServer = !arguments.isSet(insecure)
        policy.authoritiesPath = arguments[authorities]
        // Who types a file means that one. The environment's is for all servers, and others know nothing of ours.
        if arguments.source(of: authorities) == .commandLine { policy.localAuthorityPath = nil }
        return policy
    }
}
