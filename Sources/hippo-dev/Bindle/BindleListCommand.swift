import Bindle
import CommandLineInterface
import Platform

extension Command {
    static let bindleList = Command(
        name: "list",
        summary: "List a server's bindles, one ID a line.",
        options: BindleOptions.server + [range, BindleOptions.yanked],
        arguments: [search],
        action: { arguments in
            let client = try BindleOptions.client(arguments)
            var query = BindleQuery(
                terms: arguments.values(of: search).joined(separator: " "), limit: BindleQuery.limits.upperBound,
                includesYanked: arguments.isSet(BindleOptions.yanked))
            query.versions =
                try arguments.value(of: range, expecting: "a range of versions") {
                    try VersionRange($0)
                } ?? .everything
            var matches: BindleMatches
            repeat {
                matches = try client.find(query)
                for match in matches.matches { StandardOutput.tell(match.line) }
                query.offset += matches.matches.count
            } while matches.hasMore && !matches.matches.isEmpty
            return .success
        }
    )

    private static let search = Argument(
        "WORD", summary: "Words: parts of the name, or beginnings of words of version, authors or description.",
        arity: .repeated)
    private static let range = Option(
        name: "range", shortName: "b", valueName: "RANGE", summary: "A range of versions, such as '^1.2'.")
}
