import Bindle
import CommandLineInterface
import Platform

extension Command {
    static let bindleKeys = Command(
        name: "keys",
        summary: "Make keys, and keep the public keys of other people.",
        subcommands: [create, printKeys, add, fetch]
    )

    private static let label = Argument(
        "LABEL", summary: "The owner of the key, such as 'Ada Lovelace <ada@example.com>'.")
    private static let roles = Option(
        name: "roles", valueName: "ROLES", summary: "What the key signs as, separated by commas.",
        defaultValue: "creator")

    private static func roles(_ arguments: ParsedArguments) throws -> [Signature.Role] {
        try arguments.value(of: roles, expecting: "roles, each of them \(BindleOptions.roleExpectation)") { text in
            let roles = text.split(separator: ",").map { BindleOptions.role(String($0)) }
            return roles.isEmpty || roles.contains(nil) ? nil : roles.compactMap { $0 }
        } ?? []
    }

    private static let create = Command(
        name: "create",
        summary: "Make a secret key, and add its public half to the keyring.",
        options: [roles, BindleOptions.secretKeys, BindleOptions.keyring],
        arguments: [label],
        action: { arguments in
            let storage = BindleOptions.storage(arguments)
            let key = SecretKey(label: arguments[label] ?? "", roles: try roles(arguments))
            var keys = try storage.secretKeys()
            keys.keys.append(key)
            // Read before anything is written, so that a keyring that cannot be read leaves no key behind.
            var keyring = try storage.keyring()
            keyring.add(key.keyringEntry)
            try storage.save(keys)
            try storage.save(keyring)
            StandardOutput.tell(
                "made a key for '\(key.label)' in \(storage.secretKeysPath); its public half is in "
                    + "\(storage.keyringPath)")
            return .success
        }
    )

    private static let printKeys = Command(
        name: "print",
        summary: "Print the public halves of the secret keys, as a keyring to give to others.",
        options: [BindleOptions.secretKeys],
        action: { arguments in
            let keys = try BindleOptions.storage(arguments).secretKeys().keys
            print(Keyring(entries: keys.map(\.keyringEntry)).toml, terminator: "")
            return .success
        }
    )

    private static let file = Argument("FILE", summary: "A keyring of somebody else's, as 'keys print' writes it.")

    private static let add = Command(
        name: "add",
        summary: "Add the keys of a file to the keyring.",
        options: [BindleOptions.keyring],
        arguments: [file],
        action: { arguments in
            let added = try KeyStorage(keyringPath: arguments[file] ?? "", secretKeysPath: "").keyring()
            return try keep(added, BindleOptions.storage(arguments), source: arguments[file] ?? "")
        }
    )

    private static let fetch = Command(
        name: "fetch",
        summary: "Add the keys by which a server signs as host to the keyring.",
        options: BindleOptions.server + [BindleOptions.keyring],
        action: { arguments in
            let client = try BindleOptions.client(arguments)
            var keys = try client.keys()
            // Whatever a server says of its keys, they are known as a host's only.
            keys.entries = keys.entries.filter { $0.roles.contains(.host) }.map {
                KeyringEntry(label: $0.label, roles: [.host], key: $0.key, labelSignature: $0.labelSignature)
            }
            return try keep(keys, BindleOptions.storage(arguments), source: "\(client.baseURL)")
        }
    )

    private static func keep(_ keys: Keyring, _ storage: KeyStorage, source: String) throws -> ExitCode {
        guard !keys.entries.isEmpty else { throw CommandFailure("there are no keys in \(source)") }
        var keyring = try storage.keyring()
        for entry in keys.entries { keyring.add(entry) }
        try storage.save(keyring)
        for entry in keys.entries {
            StandardOutput.tell(
                "added the key of '\(entry.label)' (\(entry.roles.map(\.rawValue).joined(separator: ", ")))")
        }
        return .success
    }
}
