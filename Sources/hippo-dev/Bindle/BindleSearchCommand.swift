import Bindle
import CommandLineInterface
import Platform

extension Command {
    static let bindleSearch = Command(
        name: "search",
        summary: "Search a server's bindles, and print a page of what is found.",
        discussion:
            "Prints an ID a line. If there are more matches than fit the page, the last line on standard error says so.",
        options: BindleOptions.server + [query, range, offset, limit, strict, BindleOptions.yanked],
        arguments: [words],
        action: { arguments in
            let client = try BindleOptions.client(arguments)
            let terms = arguments.values(of: words) + (arguments[query].map { [$0] } ?? [])
            var search = BindleQuery(
                terms: terms.joined(separator: " "), isStrict: arguments.isSet(strict),
                includesYanked: arguments.isSet(BindleOptions.yanked))
            search.versions =
                try arguments.value(of: range, expecting: "a range of versions") { try VersionRange($0) } ?? .everything
            search.offset =
                try arguments.value(of: offset, expecting: "a number from 0 on") { text in
                    Int(text).flatMap { $0 >= 0 ? $0 : nil }
                } ?? 0
            search.limit =
                try arguments.value(of: limit, expecting: "a number from 1 to 255") { text in
                    Int(text).flatMap { (1...BindleQuery.limits.upperBound).contains($0) ? $0 : nil }
                } ?? BindleQuery.defaultLimit
            let matches = try client.find(search)
            for match in matches.matches { StandardOutput.tell(match.line) }
            if matches.hasMore {
                let next = search.offset + matches.matches.count
                let hint = "\(matches.total) in all; the next ones by --offset \(next)\n"
                StandardError.write(hint)
            }
            return .success
        }
    )

    static let bindleYank = Command(
        name: "yank",
        summary: "Yank a bindle: whoever knows it still gets it, and nobody finds it any more.",
        discussion: "A server in development mode deletes it instead, and says so.",
        options: BindleOptions.server,
        arguments: [BindleOptions.id],
        action: { arguments in
            let id = try BindleOptions.id(arguments)
            StandardOutput.tell("\(id): \(try BindleOptions.client(arguments).delete(id))")
            return .success
        }
    )

    private static let words = Argument(
        "WORD", summary: "Words: parts of the name, or beginnings of words of version, authors or description.",
        arity: .repeated)
    private static let query = Option(
        name: "query", shortName: "q", valueName: "TEXT", summary: "The same, as one text.")
    private static let range = Option(
        name: "bindle-version", shortName: "b", valueName: "RANGE", summary: "A range of versions, such as '^1.2'.")
    private static let offset = Option(
        name: "offset", valueName: "N", summary: "Matches to pass over.", defaultValue: "0")
    private static let limit = Option(
        name: "limit", valueName: "N", summary: "Matches to print at most.", defaultValue: "50")
    private static let strict = Option(
        flag: "strict", summary: "Find the words as one text, in names only, and mind upper and lower case.")
}

extension BindleMatches.Match {
    /// The match as lists show it.
    var line: String {
        switch self {
        case .invoice(let invoice): invoice.isYanked ? "\(invoice.id) (yanked)" : "\(invoice.id)"
        case .unusable(let id, let problem): "\(id) (unusable: \(problem))"
        }
    }
}
