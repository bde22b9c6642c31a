import Bindle
import CommandLineInterface
import Platform

/// How an invoice is signed before it is pushed: as its creator, if there is a key for that, as reference servers want it.
enum SigningOptions {
    private static let sign = Option(
        flag: "sign",
        summary:
            "Sign as creator, with a key that is made if there is none. [default: if there is a key, and no creator has "
            + "signed yet]")
    private static let unsigned = Option(flag: "unsigned", summary: "Do not sign, even if there is a key.")
    private static let label = Option(
        name: "label", valueName: "LABEL", summary: "Sign with the key of this label, where there are several.")

    static let all = [sign, unsigned, label, BindleOptions.secretKeys]

    static func signed(_ invoice: Invoice, _ arguments: ParsedArguments) throws -> Invoice {
        if arguments.isSet(unsigned) {
            guard !arguments.isSet(sign) else { throw UsageError("'--sign' and '--unsigned' exclude each other") }
            return invoice
        }
        // A server refuses the whole for one signature by a key that it does not know.
        let isSigned = invoice.signatures.contains { $0.role == .creator }
        if isSigned && !arguments.isSet(sign) && arguments[label] == nil { return invoice }
        guard let key = try key(arguments) else { return invoice }
        var signed = invoice
        do {
            try signed.sign(with: key, as: .creator, at: Int(time(nil)))
        } catch .signedAlready {
            return invoice
        } catch {
            throw error
        }
        return signed
    }

    private static func key(_ arguments: ParsedArguments) throws -> SecretKey? {
        let storage = BindleOptions.storage(arguments)
        var keys = try storage.secretKeys()
        let wanted = arguments[label]
        if let key = keys.key(for: .creator, label: wanted) { return key }
        guard arguments.isSet(sign) else {
            guard let wanted else { return nil }
            throw CommandFailure("there is no key of '\(wanted)' for signing as creator in \(storage.secretKeysPath)")
        }
        let environment = ProcessEnvironment.all
        let user = environment["USER"] ?? environment["USERNAME"] ?? "hippo-dev"
        let key = SecretKey(label: wanted ?? "\(user) <\(user)@\(ProcessEnvironment.hostName)>", roles: [.creator])
        keys.keys.append(key)
        try storage.save(keys)
        return key
    }
}
