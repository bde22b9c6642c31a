import Bindle
import CommandLineInterface
import Platform

extension Command {
    static let bindleSign = Command(
        name: "sign",
        summary: "Sign an invoice.",
        discussion: "Adds a signature to the invoice and writes it back, or to the file that --out names.",
        options: [role, label, out, BindleOptions.secretKeys],
        arguments: [file],
        action: { arguments in
            let path = arguments[file] ?? "invoice.toml"
            let wanted = try arguments.value(of: role, expecting: BindleOptions.roleExpectation) {
                BindleOptions.role($0)
            }
            let storage = BindleOptions.storage(arguments)
            guard let wanted, let key = try storage.secretKeys().key(for: wanted, label: arguments[label]) else {
                throw CommandFailure(
                    "there is no key for signing as \(wanted?.rawValue ?? "") in \(storage.secretKeysPath); make one "
                        + "with 'hippo-dev bindle keys create'")
            }
            var invoice = try InvoiceFile.read(path)
            try invoice.sign(with: key, as: wanted, at: Int(time(nil)))
            try FileWriter.write(invoice.toml, to: arguments[out] ?? path, atomically: true)
            StandardOutput.tell("\(invoice.id): signed by '\(key.label)' as \(wanted.rawValue)")
            return .success
        }
    )

    static let bindleVerify = Command(
        name: "verify",
        summary: "Verify the signatures of an invoice.",
        options: [strategy, BindleOptions.keyring],
        arguments: [file],
        action: { arguments in
            let chosen =
                try arguments.value(
                    of: strategy,
                    expecting: "a strategy like GreedyVerification or MultipleAttestation[Creator,Approver]"
                ) { VerificationStrategy($0) } ?? .greedyVerification
            let invoice = try InvoiceFile.read(arguments[file] ?? "invoice.toml")
            try chosen.verify(invoice, with: BindleOptions.storage(arguments).keyring())
            StandardOutput.tell("\(invoice.id): verified by \(chosen)")
            return .success
        }
    )

    private static let file = Argument(
        "FILE", summary: "The invoice.", arity: .optional, defaultValue: "invoice.toml")
    private static let role = Option(
        name: "role", valueName: "ROLE", summary: "Sign as \(BindleOptions.roleExpectation).", defaultValue: "creator")
    private static let label = Option(
        name: "label", valueName: "LABEL", summary: "Sign with the key of this label, where there are several.")
    private static let out = Option(
        name: "out", shortName: "o", valueName: "FILE", summary: "Where to write the invoice.")
    private static let strategy = Option(
        name: "strategy", valueName: "STRATEGY", summary: "What the signatures have to be.",
        defaultValue: "GreedyVerification")
}
