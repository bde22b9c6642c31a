import HTTP
import JSON

/// A `compose.yaml` (Compose Specification) that serves an app in a container.
///
/// All texts in it are JSON's, which are YAML's, too (YAML 1.2.2, section 1.3).
package struct ComposeFile: Sendable {
    package let text: String

    /// What the container is made of.
    package enum Source: Hashable, Sendable {
        /// An image that has the program and the app at the paths of the place.
        case image(String)
        /// The program, and the archives of the app, that stand beside the file: what a Dockerfile in the file packs.
        case archives([String])
    }

    /// The port within the container.
    private static let port = 3000
    private static let secret = "modules.env"

    /// - Parameter place: Paths are those within the container, but for that of the variables. The address is the one on the
    ///   machine.
    package init(_ place: ServedPlace, of source: Source) {
        let command =
            [place.program]
            + place.arguments(
                address: "0.0.0.0:\(Self.port)", variables: place.variables.map { _ in "/run/secrets/\(Self.secret)" })
        var service: [String] = []
        switch source {
        case .image(let image): service.append("image: \(Self.quoted(image))")
        case .archives(let archives):
            service += ["build:", "  context: .", "  dockerfile_inline: |"]
            service += Self.dockerfile(place, archives).map { "    \($0)" }
        }
        service += [
            "command: [\(command.map(Self.quoted).joined(separator: ", "))]",
            "working_dir: \(Self.quoted(place.directory))",
            "ports:",
            "  - \(Self.quoted("\(place.address):\(Self.port)"))",
            "user: \"65534:65534\"",
            "read_only: true",
            "tmpfs:",
            "  - /tmp",
            "cap_drop:",
            "  - ALL",
            "security_opt:",
            "  - no-new-privileges:true",
            "restart: unless-stopped",
            "stop_grace_period: \(ServedPlace.stopSeconds)s",
        ]
        if place.variables != nil { service += ["secrets:", "  - \(Self.secret)"] }
        var lines = [
            "# \(place.id), written by 'hippo-dev export compose'.",
            "services:",
            "  \(ServiceName(place.id)):",
        ]
        lines += service.map { "    \($0)" }
        if let variables = place.variables {
            lines += ["secrets:", "  \(Self.secret):", "    file: \(Self.quoted(variables))"]
        }
        text = lines.joined(separator: "\n") + "\n"
    }

    /// The program needs SQLite of what is not in every image.
    private static func dockerfile(_ place: ServedPlace, _ archives: [String]) -> [String] {
        let copied = archives.map { "ADD [\(json($0)), \(json(place.directory + "/"))]" }
        return [
            "FROM debian:bookworm-slim",
            "RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libcurl4 libsqlite3-0 "
                + "&& rm -rf /var/lib/apt/lists/*",
            "COPY [\"hippo-dev\", \(json(place.program))]",
        ] + copied
    }

    private static func json(_ text: String) -> String { JSONValue.string(text).serialized.replacingDollars }

    /// A text of YAML in which Compose replaces nothing.
    private static func quoted(_ text: String) -> String { json(text) }
}

extension String {
    /// Compose replaces `$NAME`, and takes `$$` for a dollar.
    fileprivate var replacingDollars: String { String(flatMap { $0 == "$" ? "$$" : String($0) }) }
}
