import Synchronization

/// What queries have found, kept for a while, so that somebody who goes through it page by page comes across everything
/// once, though others write meanwhile.
final class QueryResults: Sendable {
    /// A query, whichever page of it, and who asks.
    struct Key: Hashable {
        private let terms: String
        private let versions: String
        private let isStrict: Bool
        private let includesYanked: Bool
        private let client: String

        init(_ query: BindleQuery, client: String) {
            terms = query.terms
            versions = query.versions.text
            isStrict = query.isStrict
            includesYanked = query.includesYanked
            self.client = client
        }
    }

    private struct Entry {
        let ids: [BindleID]
        var lastUse: ContinuousClock.Instant
    }

    private let entries = Mutex<[Key: Entry]>([:])
    /// For so long after the last page, the next one is still of the same result.
    private static let patience = Duration.seconds(120)
    private static let capacity = 16

    func keep(_ ids: [BindleID], for key: Key) {
        entries.withLock { entries in
            entries[key] = Entry(ids: ids, lastUse: .now)
            guard entries.count > Self.capacity else { return }
            if let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })?.key { entries[oldest] = nil }
        }
    }

    func take(_ key: Key) -> [BindleID]? {
        entries.withLock { entries in
            guard let entry = entries[key], .now - entry.lastUse < Self.patience else {
                entries[key] = nil
                return nil
            }
            entries[key]?.lastUse = .now
            return entry.ids
        }
    }
}
