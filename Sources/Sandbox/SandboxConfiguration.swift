package import Bindle
package import HTTP

/// All that a sandbox is started with.
package struct SandboxConfiguration: Sendable {
    /// How events are written to standard output.
    package enum Output: Hashable, Sendable {
        /// For people.
        case text(TextStyle)
        /// For tools: one JSON object on a line.
        case json
    }

    /// How events are told to people.
    package struct TextStyle: Hashable, Sendable {
        /// How much is told.
        package enum Verbosity: Hashable, Sendable {
            /// What serves, and what has failed.
            case quiet
            case normal
            /// More of each.
            case verbose
        }

        /// True for colours.
        package var usesStyles: Bool
        package var verbosity: Verbosity
        /// True if every stage of a rebuild gets a line of its own.
        package var showsTimings: Bool

        package init(usesStyles: Bool, verbosity: Verbosity = .normal, showsTimings: Bool = false) {
            self.usesStyles = usesStyles
            self.verbosity = verbosity
            self.showsTimings = showsTimings
        }
    }

    /// What is done once while the app serves, after which the sandbox ends.
    package struct Once: Hashable, Sendable {
        /// Paths of the app, with their queries, that have to be answered before the command runs.
        package var paths: [String]
        /// A program and its arguments; empty to run none.
        package var command: [String]

        package init(paths: [String], command: [String]) {
            self.paths = paths
            self.command = command
        }
    }

    /// The project: its directory, its HIPPOFACTS file, or a single module.
    package var path: String
    /// True to open the app in the user's browser as soon as it serves.
    package var opensPage = false
    /// True to listen to keys, if standard input is a terminal.
    package var takesKeys = false
    /// Where the app is served if neither the command line nor `hippo-dev.toml` says.
    package var defaultListen = SandboxSettings.defaultListen
    /// The file of the key that signs, as host, the invoices that the Bindle server gives out; `nil` for none.
    package var hostKeyPath: String?
    /// What the command line says; `hippo-dev.toml` completes it.
    package var settings: SandboxSettings
    package var output: Output
    /// The descriptor that it is written to.
    package var outputDescriptor: Int32 = 1
    /// `nil` to serve until a signal comes.
    package var once: Once?
    /// The version of this program, which the Bindle server tells.
    package var version: String

    /// Makes the client of an upstream server, with the credentials for it.
    package var makeUpstream: @Sendable (_ url: String, _ strategy: String?) throws -> ExternalBindles.Upstream

    package init(
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
