import Glibc

/// What is known of the terminal behind a file descriptor.
package struct Terminal: Hashable, Sendable {
    /// When output has colours and other styles.
    package enum StyleChoice: String, CaseIterable, Sendable {
        /// On a terminal that can show them, unless a variable says otherwise.
        case auto
        case always
        case never
    }

    /// True if the descriptor is a terminal at all.
    package let isTerminal: Bool
    /// The number of columns; 80 where it cannot be known.
    package let width: Int
    /// True if colours and other styles are wanted.
    package let usesStyles: Bool

    /// The variables that are looked at, and what they mean.
    static let variables = [
        ("NO_COLOR", "If it is not empty, output has no colours."),
        ("CLICOLOR_FORCE", "If it is neither empty nor 0, output has colours even where it is no terminal."),
        ("TERM", "The kind of terminal; if it is dumb, output has no colours."),
    ]

    /// Asks the kernel and the environment.
    ///
    /// - Parameter styles: what the command line says; stronger than the environment.
    package init(fileDescriptor: Int32, environment: [String: String], styles: StyleChoice = .auto) {
        isTerminal = isatty(fileDescriptor) == 1
        var size = winsize()
        let isKnown = isTerminal && ioctl(fileDescriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = isKnown ? Int(size.ws_col) : 80
        usesStyles = Self.usesStyles(styles, isTerminal: isTerminal, environment: environment)
    }

    static func usesStyles(_ styles: StyleChoice, isTerminal: Bool, environment: [String: String]) -> Bool {
        switch styles {
        case .always: return true
        case .never: return false
        case .auto:
            // https://no-color.org, https://bixense.com/clicolors
            if !(environment["NO_COLOR"] ?? "").isEmpty { return false }
            if let force = environment["CLICOLOR_FORCE"], !force.isEmpty, force != "0" { return true }
            return isTerminal && environment["TERM"] != "dumb"
        }
    }
}
