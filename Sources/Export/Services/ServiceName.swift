package import Bindle

/// What a service is called by those who start it: letters, digits and dashes, at most 63 of them, which systemd, Docker,
/// Nomad and DNS all take.
package struct ServiceName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    private static let longest = 63

    /// The app's name, other characters as dashes.
    package init(_ id: BindleID) { self.init(id.name) }

    /// Any text, other characters as dashes.
    package init(_ text: String) {
        let allowed = text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let trimmed = allowed.drop { $0 == "-" }.prefix(Self.longest)
        let end = trimmed.lastIndex { $0 != "-" }
        description = end.map { String(trimmed[...$0]) } ?? "app"
    }
}
