/// What is looked for in a store.
package struct BindleQuery: Hashable, Sendable {
    /// Words, separated by spaces, each of which has to occur. None matches everything.
    package var terms: String
    package var versions: VersionRange
    /// Matches to pass over.
    package var offset: Int
    /// Matches to return at most.
    package var limit: Int
    /// Whether words are looked for anywhere in names, and nowhere else, and case counts. Otherwise they are looked for
    /// as words, or beginnings of words, of name, version, authors and description, and neither case nor accents count.
    package var isStrict: Bool
    package var includesYanked: Bool

    package static let defaultLimit = 50
    package static let limits = 0...255
    /// More words than this are refused.
    package static let wordLimit = 64

    package init(
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

    var words: [Substring] { terms.split(whereSeparator: \.isWhitespace) }

    /// The words as SQLite's full-text search takes them; `nil` if there is nothing to look for.
    ///
    /// Each word becomes a phrase in quotes, in which nothing has a meaning of its own, and whose last part may be the
    /// beginning of a word: `example.com/hello-wo` finds `example.com/hello-world`. What has no letter or digit is left
    /// out, since it separates words there.
    var fullTextExpression: String? {
        let phrases = words.compactMap { word -> String? in
            guard word.unicodeScalars.contains(where: \.isInWords) else { return nil }
            let text = String(word).filter { $0 != "\0" }.replacing("\"", with: "\"\"")
            return "\"\(text)\" *"
        }
        return phrases.isEmpty ? nil : phrases.joined(separator: " AND ")
    }
}

extension Unicode.Scalar {
    /// Whether full-text search takes the character for part of a word, rather than for what separates words.
    fileprivate var isInWords: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .privateUse:
            true
        default: false
        }
    }
}

/// One page of what a query found.
package struct BindleMatches: Hashable, Sendable {
    /// The number of matches on all pages.
    package let total: Int
    package let invoices: [Invoice]
    /// Whether there are matches after these.
    package let hasMore: Bool
}

extension BindleStore {
    /// Finds bindles, in the order of their names and, for one name, of their versions.
    package func find(_ query: BindleQuery) throws(StoreError) -> BindleMatches {
        let page = try page(query)
        var invoices: [Invoice] = []
        for id in page.ids {
            if let invoice = try invoice(of: id, in: query) { invoices.append(invoice) }
        }
        return BindleMatches(total: page.total, invoices: invoices, hasMore: page.hasMore)
    }

    /// One page of what a query found, without the invoices.
    package struct Page {
        package let total: Int
        package let ids: ArraySlice<BindleID>
        package let hasMore: Bool
    }

    /// - Parameter client: Who asks. The pages after somebody's first one are of what was found then, whatever has been
    ///   written since, if they are asked for in time.
    package func page(_ query: BindleQuery, for client: String? = nil) throws(StoreError) -> Page {
        let key = client.map { QueryResults.Key(query, client: $0) }
        let ids: [BindleID]
        if query.offset > 0, let key, let kept = queryResults.take(key) {
            ids = kept
        } else {
            ids = try matches(query)
            if query.offset == 0, let key, ids.count > query.limit { queryResults.keep(ids, for: key) }
        }
        let rest = ids.dropFirst(query.offset)
        return Page(total: ids.count, ids: rest.prefix(query.limit), hasMore: rest.count > query.limit)
    }

    /// The invoice of a match; `nil` if it has ceased to be one.
    package func invoice(of match: BindleID, in query: BindleQuery) throws(StoreError) -> Invoice? {
        do throws(StoreError) {
            return try invoice(match, includingYanked: query.includesYanked)
        } catch {
            switch error {
            case .noSuchBindle, .yanked: return nil
            default: throw error
            }
        }
    }

    private func matches(_ query: BindleQuery) throws(StoreError) -> [BindleID] {
        let found = try pool.read { (connection) throws(StoreError) in
            try BindleTable.ids(
                matching: query.isStrict ? nil : query.fullTextExpression, includingYanked: query.includesYanked,
                on: connection)
        }
        let words = query.isStrict ? query.words : []
        return found.filter { id in
            query.versions.contains(id.version) && words.allSatisfy { id.name.contains($0) }
        }.sorted()
    }
}
