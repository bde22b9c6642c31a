/// All that a sandbox is started with.
public struct SandboxConfiguration: Sendable {
    /// How events are written to standard output.
    public enum Output: Hashable, Sendable {
        /// For people.
        case text(usesStyles: Bool, showsTimings: Bool)
        /// For tools: one JSON object on a line.
        case json
    }

    /// The project: its directory, its HIPPOFACTS file, or a lone module.
    public var path: String
    /// What the command line says; `hippo-dev.toml` completes it.
    public var settings: SandboxSettings
    public var output: Output
    /// The version of this program, which the Bindle server tells.
    public var version: String

    public init(path: String, settings: SandboxSettings, output: Output, version: String) {
        self.path = path
        self.settings = settings
        self.output = output
        self.version = version
    }
}
