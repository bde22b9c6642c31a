import Glibc

/// What is known of the terminal behind a file descriptor.
public struct Terminal: Hashable, Sendable {
    /// True if the descriptor is a terminal at all.
    public let isTerminal: Bool
    /// The number of columns; 80 where it cannot be known.
    public let width: Int
    /// True if colours and other styles are wanted: it is a terminal, it is not `dumb`, and `NO_COLOR` is not set.
    public let usesStyles: Bool

    /// Asks the kernel and the environment.
    public init(fileDescriptor: Int32, environment: [String: String]) {
        isTerminal = isatty(fileDescriptor) == 1
        var size = winsize()
        let isKnown = isTerminal && ioctl(fileDescriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = isKnown ? Int(size.ws_col) : 80
        usesStyles = isTerminal && environment["TERM"] != "dumb" && (environment["NO_COLOR"] ?? "").isEmpty
    }
}
