package import ComponentModel

/// What a terminal would be; there are none.
private final class Terminal {}

extension ResourceType {
    static let terminalInput = ResourceType(wasi: "wasi:cli/terminal-input/terminal-input", Terminal.self)
    static let terminalOutput = ResourceType(wasi: "wasi:cli/terminal-output/terminal-output", Terminal.self)
}

extension HostInterface {
    /// `wasi:cli/terminal-input`.
    package static let cliTerminalInput = HostInterface(
        wasi: "wasi:cli/terminal-input", resources: ["terminal-input": .terminalInput]
    ) { _ in }

    /// `wasi:cli/terminal-output`.
    package static let cliTerminalOutput = HostInterface(
        wasi: "wasi:cli/terminal-output", resources: ["terminal-output": .terminalOutput]
    ) { _ in }

    /// `wasi:cli/terminal-stdin`, `terminal-stdout` and `terminal-stderr`. No stream is a terminal, since components could do
    /// nothing with one but to write colours, which logs and pipes do not want.
    package static let cliTerminals: [HostInterface] = [
        ("stdin", ResourceType.terminalInput), ("stdout", .terminalOutput), ("stderr", .terminalOutput),
    ].map { name, type in
        HostInterface(wasi: "wasi:cli/terminal-\(name)") { list in
            list.add("get-terminal-\(name)", to: .option(.own(type)), isRepeatable: true) { _ in Value.none }
        }
    }
}
