import Cryptography
import Platform

/// Content that stays as it is: see <doc:Releases>.
extension BindleStore {
    /// Freezes content under the name of its bindle and a version. The bindle goes on being what it is at its ID.
    ///
    /// - Parameters:
    ///   - version: The bindle's own if `nil`.
    ///   - replacing: Whether other content may take the place of that of a release that is there.
    /// - Returns: The release, and whether it is new. One that has the content already stays as it is.
    /// - Throws: `StoreError.releaseExists` for a release that has other content, unless `replacing`; `.parcelNotUploaded`
    ///   for content that is not all here; `.noSuchBindle`, `.noSuchRevision`, `.noSuchRelease`, `.yanked`.
    @discardableResult
    package func makeRelease(
        of source: ContentReference, version: SemanticVersion? = nil, replacing: Bool = false
    ) throws(StoreError) -> (release: Release, effect: CreationEffect) {
        // Reading all of a large invoice is no reason to keep a save waiting.
        let prepared = try snapshot { (connection) throws(StoreError) in
            try freeze(try ContentLocation(source, on: connection), version, on: connection)
        }
        let (release, effect) = try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                let content = try ContentLocation(source, on: connection)
                let row =
                    content.state == prepared.state ? prepared : try freeze(content, version, on: connection)
                try checkPresence(of: content, on: connection)
                let id = row.release.id
                guard let before = try ReleaseTable.find(id, on: connection) else {
                    try ReleaseTable.put(row, on: connection)
                    return Freezing(release: row.release, effect: .created)
                }
                guard before.release.digest != row.release.digest else {
                    return Freezing(release: before.release, effect: .unchanged)
                }
                guard replacing else { throw .releaseExists(id) }
                try ReleaseTable.put(row, on: connection)
                try KeptStates.collect([before.state], on: connection)
                return Freezing(release: row.release, effect: .replaced)
            }
        }.parts
        // What the one before had may be the history's alone now.
        if effect == .replaced { historySize.withLock { $0 = nil } }
        return (release, effect)
    }

    private struct Freezing: Sendable {
        let release: Release
        let effect: CreationEffect
        var parts: (Release, CreationEffect) { (release, effect) }
    }

    private func checkPresence(of content: ContentLocation, on connection: SQLiteConnection) throws(StoreError) {
        if let missing = try InvoiceTable.missingDigest(
            ofBindle: content.state.bindle, at: content.state.number, on: connection)
        {
            throw .parcelNotUploaded(content.id, digest: missing.hex)
        }
    }

    private func freeze(
        _ content: ContentLocation, _ version: SemanticVersion?, on connection: SQLiteConnection
    ) throws(StoreError) -> ReleaseTable.Row {
        try checkPresence(of: content, on: connection)
        let measure = try InvoiceTable.measure(
            bindle: content.state.bindle, at: content.state.number, on: connection)
        let digest = try InvoiceTable.contentDigest(
            ofBindle: content.state.bindle, at: content.state.number, content.id, on: connection)
        return ReleaseTable.Row(
            release: Release(
                id: content.id.with(version: version ?? content.id.version), digest: digest.hex,
                creationTime: now() / 1_000_000, revision: content.revision,
                parcelCount: measure.parcelCount, size: measure.size),
            state: content.state)
    }

    /// Removes a release, and what only it needed.
    /// - Throws: `StoreError.noSuchRelease`; `.releaseIsPinned` while a channel pins it.
    package func removeRelease(_ id: BindleID) throws(StoreError) {
        try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                guard let row = try ReleaseTable.find(id, on: connection) else { throw .noSuchRelease(id) }
                if let channel = try ChannelTable.name(pinning: id, on: connection) {
                    throw .releaseIsPinned(id, channel: channel)
                }
                try ReleaseTable.remove(id, on: connection)
                try KeptStates.collect([row.state], on: connection)
            }
        }
        historySize.withLock { $0 = nil }
    }

    // MARK: - Looking

    /// Releases by name, the newest version first.
    /// - Parameters:
    ///   - name: The name that they have to have.
    ///   - text: What `NAME/VERSION` has to have in it, in any case.
    package func releases(
        named name: String? = nil, containing text: String = "", offset: Int = 0, limit: Int = .max
    ) throws(StoreError) -> [Release] {
        try pool.read { (connection) throws(StoreError) in
            try ReleaseTable.list(
                ReleaseTable.Selection(name: name, text: text), offset: offset, limit: limit, on: connection)
        }
    }

    /// How many there are.
    package func releaseCount(named name: String? = nil, containing text: String = "") throws(StoreError) -> Int {
        try pool.read { (connection) throws(StoreError) in
            try ReleaseTable.count(ReleaseTable.Selection(name: name, text: text), on: connection)
        }
    }

    /// - Throws: `StoreError.noSuchRelease`.
    package func release(_ id: BindleID) throws(StoreError) -> Release {
        try pool.read { (connection) throws(StoreError) in
            guard let row = try ReleaseTable.find(id, on: connection) else { throw .noSuchRelease(id) }
            return row.release
        }
    }

    /// The invoice of a release, and when the content of each of its parcels first came under its name; nanoseconds since
    /// 1970.
    package func content(ofRelease id: BindleID) throws(StoreError) -> (invoice: Invoice, times: [Int64]) {
        try content(of: .release(id))
    }

    // MARK: - Content of any kind

    /// An invoice, and when the content of each of its parcels first came under its name; nanoseconds since 1970.
    ///
    /// A release's has the release's ID, and without the signatures that its bindle had if that is another one.
    package func content(of reference: ContentReference) throws(StoreError) -> (invoice: Invoice, times: [Int64]) {
        try snapshot { (connection) throws(StoreError) in
            let content = try ContentLocation(reference, on: connection)
            var (invoice, times) = try InvoiceTable.invoice(
                content.id, ofBindle: content.state.bindle, at: content.state.number, on: connection)
            if case .release(let id) = reference, invoice.id != id {
                invoice.bindle.id = id
                invoice.signatures = []
            }
            return (invoice, times)
        }
    }

    /// Opens a parcel for reading. See `parcel(_:of:revision:includingYanked:)`.
    package func parcel(_ digest: String, in reference: ContentReference) throws(StoreError) -> ParcelReader {
        try parcel(digest) { (connection) throws(StoreError) in
            let content = try ContentLocation(reference, on: connection)
            return (content.id, content.state.bindle, content.state.number)
        }
    }
}
