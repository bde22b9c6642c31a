import Bindle
import CommandLineInterface
import HippoAPI
import Platform
import Sandbox

/// Which sandbox is meant, for commands about accounts and tokens.
enum SecretsOptions {
    private static let project = Option(
        name: "project", valueName: "PATH", summary: "The project, as for hippo-dev up.", defaultValue: ".")
    private static let store = Option(
        name: "store", valueName: "FILE", summary: "The store, where hippo-dev up was given one.")
    private static let ephemeral = Option(
        flag: "ephemeral", summary: "Change what sandboxes of this project use that are started with --ephemeral.")

    static let all = [project, store, ephemeral]

    /// What is kept for the store.
    static func storage(_ arguments: ParsedArguments) throws -> HippoStorage {
        guard !arguments.isSet(ephemeral) || arguments[store] == nil else {
            throw UsageError("'--\(ephemeral.name)' excludes '--\(store.name)'")
        }
        let path = try ProjectStore.pathForSecrets(
            ofProject: arguments[project] ?? ".", store: arguments[store], isEphemeral: arguments.isSet(ephemeral))
        return HippoStorage(forStore: path, environment: ProcessEnvironment.all)
    }
}
