/// What is looked for in a store.
public struct BindleQuery: Hashable, Sendable {
    /// Words, separated by spaces, each of which has to occur. None matches everything.
    public var terms: String
    public var versions: VersionRange
    /// Matches to pass over.
    public var offset: Int
    /// Matches to return at most.
    public var limit: Int
    /// Whether words are looked for in names only, and case counts. Otherwise version, authors and description are
    /// looked at as well, and case does not count.
    public var isStrict: Bool
    public var includesYanked: Bool

    public static let defaultLimit = 50
    public static let limits = 0...255

    public init(
        terms: String = "", versions: VersionRange = .everything, offset: Int = 0, limit: Int = defaultLimit,
        isStrict: Bool = false, includesYanked: Bool = false
    ) {
        self.terms = terms
        self.versions = versions
        self.offset = offset
        self.limit = limit
        self.isStrict = isStrict
        self.includesYanked = includesYanked
    }

    fileprivate func matches(_ summary: BindleTable.Summary) -> Bool {
        guard includesYanked || !summary.isYanked, versions.contains(summary.id.version) else { return false }
        let words = terms.split(separator: " ")
        if isStrict { return words.allSatisfy { summary.id.name.contains($0) } }
        let text = "\(summary.id)\n\(summary.description)\n\(summary.authors)".lowercased()
        return words.allSatisfy { text.contains($0.lowercased()) }
    }
}

/// One page of what a query found.
public struct BindleMatches: Hashable, Sendable {
    /// The number of matches on all pages.
    public let total: Int
    public let invoices: [Invoice]
    /// Whether there are matches after these.
    public let hasMore: Bool
}

extension BindleStore {
    /// Finds bindles, in the order of their names and, for one name, of their versions.
    public func find(_ query: BindleQuery) throws(StoreError) -> BindleMatches {
        // One snapshot, so that the page and the total belong together.
        try snapshot { (connection) throws(StoreError) in
            let matches = try BindleTable.summaries(on: connection).filter(query.matches).sorted { $0.id < $1.id }
            let page = matches.dropFirst(query.offset).prefix(query.limit)
            var invoices: [Invoice] = []
            for match in page {
                let text = try InvoiceTable.text(ofBindle: match.number, on: connection)
                invoices.append(try InvoiceTable.parse(text, of: match.id, path: connection.path))
            }
            let seen = min(query.offset, matches.count) + page.count
            return BindleMatches(total: matches.count, invoices: invoices, hasMore: seen < matches.count)
        }
    }
}
