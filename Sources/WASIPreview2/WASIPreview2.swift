package import ComponentModel

extension HostInterface {
    /// All interfaces of WASI 0.2 but those of HTTP.
    package static let wasiPreview2: [HostInterface] = base + cliTerminals

    private static let base: [HostInterface] = [
        .ioError, .ioPoll, .ioStreams,
        .cliEnvironment, .cliExit, .cliStdin, .cliStdout, .cliStderr, .cliTerminalInput, .cliTerminalOutput,
        .monotonicClock, .wallClock, .timezone,
        .random, .insecureRandom, .insecureSeed,
        .filesystemTypes, .filesystemPreopens,
        .socketsNetwork, .socketsInstanceNetwork, .socketsNameLookup, .socketsTCP, .socketsTCPCreateSocket,
        .socketsUDP, .socketsUDPCreateSocket,
    ]
}
