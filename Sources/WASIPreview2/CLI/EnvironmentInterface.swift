package import ComponentModel

extension HostInterface {
    /// `wasi:cli/environment`.
    package static let cliEnvironment = HostInterface(wasi: "wasi:cli/environment") { list in
        list.add("get-environment", to: .list(.tuple(.string, .string))) { call in
            .list(call.context.environment.map { .record([.string($0.name), .string($0.value)]) })
        }
        list.add("get-arguments", to: .list(.string)) { call in
            .list(call.context.configuration.arguments.map { .string($0) })
        }
        // Components have no working directory; paths are looked up from their preopens.
        list.add("initial-cwd", to: .option(.string)) { _ in Value.none }
    }
}
