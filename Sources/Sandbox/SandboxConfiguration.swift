import Bindle

/// All that a sandbox is started with.
public struct SandboxConfiguration: Sendable {
    /// How events are written to standard output.
    public enum Output: Hashable, Sendable {
        /// For people.
        case text(TextStyle)
        /// For tools: one JSON object on a line.
        case json
    }

    /// How events are told to people.
    public struct TextStyle: Hashable, Sendable {
        /// How much is told.
        public enum Verbosity: Hashable, Sendable {
            /// What serves, and what has failed.
            case quiet
            case normal
            /// More of each.
            case verbose
        }

        /// True for colours.
        public var usesStyles: Bool
        public var verbosity: Verbosity
        /// True if every stage of a rebuild gets a line of its own.
        public var showsTimings: Bool

        public init(usesStyles: Bool, verbosity: Verbosity = .normal, showsTimings: Bool = false) {
            self.usesStyles = usesStyles
            self.verbosity = verbosity
            self.showsTimings = showsTimings
        }
    }

    /// The project: its directory, its HIPPOFACTS file, or a lone module.
    public var path: String
    /// True to open the app in the user's browser as soon as it serves.
    public var opensPage = false
    /// True to listen to keys, if standard input is a terminal.
    public var takesKeys = false
    /// What the command line says; `hippo-dev.toml` completes it.
    public var settings: SandboxSettings
    public var output: Output
    /// The version of this program, which the Bindle server tells.
    public var version: String

    /// Makes the client of an upstream server, with the credentials for it.
    public var makeUpstream: @Sendable (_ url: String, _ strategy: String?) throws -> ExternalBindles.Upstream

    public init(
        path: String, settings: SandboxSettings, output: Output, version: String,
        makeUpstream: @escaping @Sendable (_ url: String, _ strategy: String?) throws -> ExternalBindles.Upstream
    ) {
        self.path = path
        self.settings = settings
        self.output = output
        self.version = version
        self.makeUpstream = makeUpstream
    }
}
