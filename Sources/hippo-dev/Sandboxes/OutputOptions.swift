import CommandLineInterface
import Platform
import Sandbox

/// The options that say how events are told to people.
enum OutputOptions {
    static let color = Option(
        name: "color", valueName: "WHEN", summary: "Whether output has colours; auto is on a terminal.",
        defaultValue: Terminal.StyleChoice.auto.rawValue, kind: .choice(Terminal.StyleChoice.allCases.map(\.rawValue)))
    static let quiet = Option(flag: "quiet", shortName: "q", summary: "Print only what serves and what has failed.")
    static let verbose = Option(flag: "verbose", shortName: "v", summary: "Print more details.")

    /// The terminal on a descriptor, with the colours that are asked for.
    static func terminal(_ fileDescriptor: Int32, _ arguments: ParsedArguments) -> Terminal {
        Terminal(
            fileDescriptor: fileDescriptor, environment: ProcessEnvironment.all,
            styles: arguments[color].flatMap(Terminal.StyleChoice.init(rawValue:)) ?? .auto)
    }

    static func style(
        _ arguments: ParsedArguments, showsTimings: Bool = false, on descriptor: Int32 = STDOUT_FILENO
    ) throws(UsageError) -> SandboxConfiguration.TextStyle {
        if arguments.isSet(quiet) && arguments.isSet(verbose) {
            throw UsageError("the options '--quiet' and '--verbose' exclude each other")
        }
        return .init(
            usesStyles: terminal(descriptor, arguments).usesStyles,
            verbosity: arguments.isSet(quiet) ? .quiet : arguments.isSet(verbose) ? .verbose : .normal,
            showsTimings: showsTimings || arguments.isSet(verbose))
    }
}
