import Bindle
import CommandLineInterface
import Platform

/// With which key a server signs the invoices that it gives out.
enum HostKeyOptions {
    private static let hostKey = Option(
        name: "host-key", valueName: "FILE",
        summary: "The key that signs invoices as host, made if need be. [default: hippo/host_key.toml in the user's "
            + "configuration directory]")
    private static let noHostKey = Option(flag: "no-host-key", summary: "Give invoices out as they came in, unsigned.")

    static let all = [hostKey, noHostKey]

    /// The file of the key; `nil` if nothing is to be signed.
    static func path(_ arguments: ParsedArguments) throws -> String? {
        guard arguments.isSet(noHostKey) else {
            return arguments[hostKey] ?? HostKey.standardPath(environment: ProcessEnvironment.all)
        }
        guard arguments[hostKey] == nil else { throw UsageError("'--host-key' and '--no-host-key' exclude each other") }
        return nil
    }

    /// Whether the command line names the file.
    static func isGiven(_ arguments: ParsedArguments) -> Bool { arguments[hostKey] != nil }
}
