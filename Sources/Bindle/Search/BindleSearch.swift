import Synchronization

/// Finds bindles of a store. Names and versions are kept in memory, and read anew when the store's list has changed.
package final class BindleSearch: Sendable {
    private let store: any BindleStorage
    private let catalogue = Mutex<Catalogue?>(nil)
    private let results = QueryResults()
    /// A longer list is not kept between queries.
    private static let keptListLimit = 200_000

    package init(_ store: any BindleStorage) {
        self.store = store
    }

    /// One page of what a query found, without the invoices.
    package struct Page: Sendable {
        package let total: Int
        package let ids: ArraySlice<BindleID>
        package let hasMore: Bool
        /// What all pages together have.
        let all: [BindleID]
    }

    /// - Parameter client: Who asks. The pages after somebody's first one are of what was found then, whatever has been
    ///   written since, if they are asked for in time.
    package func page(_ query: BindleQuery, for client: String? = nil) throws(StoreError) -> Page {
        let ids: [BindleID]
        if query.offset > 0, let client, let kept = results.take(QueryResults.Key(query, client: client)) {
            ids = kept
        } else {
            ids = try matches(query)
            if query.offset == 0, let client { keep(ids, of: query, for: client) }
        }
        let rest = ids.dropFirst(query.offset)
        guard query.limit > 0 else { return Page(total: ids.count, ids: rest, hasMore: false, all: ids) }
        return Page(
            total: ids.count, ids: rest.prefix(query.limit), hasMore: rest.count > query.limit, all: ids)
    }

    /// Takes note of what somebody was told, for the next page.
    func keep(_ ids: [BindleID], of query: BindleQuery, for client: String) {
        guard query.limit > 0, ids.count > query.limit else { return }
        results.keep(ids, for: QueryResults.Key(query, client: client))
    }

    /// What a query finds: bindles whose names have all of it first, in the order of names and versions.
    private func matches(_ query: BindleQuery) throws(StoreError) -> [BindleID] {
        let catalogue = try currentCatalogue()
        guard !query.isStrict else {
            return catalogue.ids(query, catalogue.places(ofNamesWith: query.terms, ignoringCase: false))
        }
        var found: Set<Int>?
        var named: Set<Int>?
        for word in query.words {
            guard let text = FullTextWord(word) else { continue }
            let inName = catalogue.places(ofNamesWith: String(word), ignoringCase: true)
            let anywhere = inName.union(catalogue.places(of: try store.numbers(matching: text)))
            named = named?.intersection(inName) ?? inName
            found = found?.intersection(anywhere) ?? anywhere
        }
        guard let found, let named else { return catalogue.ids(query, nil) }
        return catalogue.ids(query, named) + catalogue.ids(query, found.subtracting(named))
    }

    private func currentCatalogue() throws(StoreError) -> Catalogue {
        let generation = store.listGeneration
        if let kept = catalogue.withLock({ $0 }), kept.generation == generation { return kept }
        let new = Catalogue(try store.list(), generation: generation)
        catalogue.withLock { $0 = new.count <= Self.keptListLimit ? new : nil }
        return new
    }
}
