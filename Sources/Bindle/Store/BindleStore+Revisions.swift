/// The history of what a sandbox has made: the last revisions can be listed, compared, and brought back.
extension BindleStore {
    /// Revisions that are kept. Older ones go, with the parcels that nothing else names.
    package static let revisionLimit = 50

    /// What became of a revision that was handed in.
    package struct SavedRevision: Hashable, Sendable {
        /// Its number. For content that is the last revision's, that one's.
        package let number: Int
        package let effect: CreationEffect
    }

    /// Takes in what a sandbox has made, and all parcels, at once, and records it as a revision. A bindle of the same
    /// ID is replaced; only what differs from it is looked at and written.
    ///
    /// It survives the end of the process, however that comes, but not always that of the machine: a sandbox makes it
    /// again then.
    ///
    /// - Parameters:
    ///   - changes: How the parcels came out of those of the revision `base`, where the caller knows. Otherwise, and
    ///     where `base` is not what was saved last, the store finds out.
    ///   - base: The number that saving the invoice before has returned.
    ///   - isAlwaysNew: Whether content that is the last revision's gets a number of its own.
    ///   - source: Where the bytes of a parcel are. It is asked for those only that the store does not have.
    package func saveRevision(
        _ invoice: Invoice, changes: ParcelChanges? = nil, since base: Int? = nil, isAlwaysNew: Bool = false,
        source: @escaping (Label) throws(StoreError) -> ParcelSource
    ) throws(StoreError) -> SavedRevision {
        guard !invoice.isYanked else { throw .newBindleIsYanked(invoice.id) }
        let work = RevisionWork(invoice: invoice, changes: changes, base: base, isAlwaysNew: isAlwaysNew)
        do throws(StoreError) {
            return try save(work, source)
        } catch {
            // Before a full disk refuses a save, the history makes way.
            guard case .diskFull = error, (try? giveUpHistory()) == true else { throw error }
            return try save(work, source)
        }
    }

    /// What is handed in as a revision.
    private struct RevisionWork {
        let invoice: Invoice
        let changes: ParcelChanges?
        let base: Int?
        let isAlwaysNew: Bool
    }

    private func save(
        _ work: RevisionWork, _ source: @escaping (Label) throws(StoreError) -> ParcelSource
    ) throws(StoreError) -> SavedRevision {
        let invoice = work.invoice
        return try pool.write { (connection) throws(StoreError) in
            let last = lastSaved.withLock { $0 }
            let known = Self.changes(of: work, after: last)
            var remembered: RememberedInvoice?
            var endedSize = 0
            let saved = try connection.withoutSync { () throws(StoreError) in
                try connection.transaction { () throws(StoreError) in
                    let intake = try ContentIntake(on: connection, from: source)
                    let put = try InvoiceReplacement.put(
                        invoice,
                        .init(
                            mode: .development, now: now(), intake: intake, connection: connection, last: last,
                            changes: known,
                            check: { () throws(StoreError) in try Self.check(invoice, known, after: last) },
                            predecessor: { () throws(StoreError) in try self.predecessor(last, connection) }))
                    try Self.take(try put.missing(on: connection), intake)
                    let number = try record(put, isAlwaysNew: work.isAlwaysNew, on: connection)
                    remembered = put.remembered
                    remembered?.revision = number
                    endedSize = put.endedSize
                    return SavedRevision(number: number, effect: put.effect)
                }
            }
            lastSaved.withLock { [remembered] in $0 = remembered }
            historySize.withLock { [endedSize] in $0 = $0?.addingSaturating(endedSize) }
            return saved
        }
    }

    private static func check(
        _ invoice: Invoice, _ changes: ParcelChanges?, after last: RememberedInvoice?
    ) throws(StoreError) {
        do throws(InvoiceProblem) {
            if let changes, last != nil {
                try invoice.validate(changes)
            } else {
                try invoice.validate()
            }
        } catch {
            throw .invalidInvoice(error)
        }
    }

    /// How the invoice comes out of the one that was saved last; `nil` if that was another bindle's.
    private static func changes(of work: RevisionWork, after last: RememberedInvoice?) -> ParcelChanges? {
        guard let last, last.invoice.id == work.invoice.id else { return nil }
        let (old, new) = (last.invoice.parcels, work.invoice.parcels)
        if let changes = work.changes, let base = work.base, base == last.revision,
            changes.fit(oldCount: old.count, newCount: new.count)
        {
            return changes
        }
        return ParcelChanges(from: old, to: new)
    }

    /// What a sandbox's next bindle goes on from: the one that it saved last, in this process or before.
    private func predecessor(
        _ last: RememberedInvoice?, _ connection: SQLiteConnection
    ) throws(StoreError) -> (parcels: ParcelList, times: [Int64])? {
        if let last { return (last.invoice.parcels, last.times) }
        guard let row = try RevisionTable.last(on: connection) else { return nil }
        return try InvoiceTable.parcels(ofBindle: row.bindle, at: row.state, on: connection)
    }

    /// When the content of each parcel of a revision first came under its name, in the order of the invoice's parcels;
    /// nanoseconds since 1970. Takes no time for what was saved last.
    package func contentTimes(ofRevision number: Int) throws(StoreError) -> [Int64] {
        if let last = lastSaved.withLock({ $0 }), last.revision == number { return last.times }
        return try content(ofRevision: number).times
    }

    /// A revision's invoice, and when the content of each of its parcels first came under its name.
    package func content(ofRevision number: Int) throws(StoreError) -> (invoice: Invoice, times: [Int64]) {
        try snapshot { (connection) throws(StoreError) in
            let row = try RevisionTable.find(number, on: connection)
            return try InvoiceTable.invoice(row.revision.id, ofBindle: row.bindle, at: row.state, on: connection)
        }
    }

    private func record(
        _ put: InvoiceReplacement, isAlwaysNew: Bool, on connection: SQLiteConnection
    ) throws(StoreError) -> Int {
        if !isAlwaysNew, put.effect == .unchanged, let last = try RevisionTable.last(on: connection),
            last.bindle == put.row.number, last.state == put.row.state
        {
            return last.revision.number
        }
        return try RevisionTable.insert(
            bindle: put.row.number, state: put.row.state, restores: nil, on: connection)
    }

    /// Takes note that a revision serves, and forgets those that are too old or too large.
    package func noteServed(revision number: Int) throws(StoreError) {
        try pool.write { (connection) throws(StoreError) in
            try connection.withoutSync { () throws(StoreError) in
                try connection.transaction { () throws(StoreError) in
                    try connection.run("UPDATE revision SET served = 1 WHERE number = ?", .integer(number))
                    try RevisionTable.collect(
                        keeping: Self.revisionLimit, sparing: try RevisionTable.spared(on: connection),
                        on: connection)
                    try collectHistory(on: connection)
                }
            }
        }
    }

    /// Changes the bytes that only the history may have. It is obeyed when a revision serves next.
    package func limitHistory(to size: Int) { historyLimit.store(size, ordering: .relaxed) }

    /// Gives up the oldest revisions until the history has no more bytes than it may have.
    ///
    /// The bytes are counted anew only when they may be too many: what is added to them since is an upper bound.
    private func collectHistory(on connection: SQLiteConnection) throws(StoreError) {
        let limit = historyLimit.load(ordering: .relaxed)
        if let size = historySize.withLock({ $0 }), size <= limit { return }
        var size = try RevisionTable.historySize(on: connection)
        if size > limit {
            let spared = try RevisionTable.spared(on: connection)
            while size > limit, try RevisionTable.collectOldest(sparing: spared, on: connection) != nil {
                size = try RevisionTable.historySize(on: connection)
            }
        }
        historySize.withLock { [size] in $0 = size }
    }

    /// Gives up the older half of the history, and what that took on the disk.
    /// - Returns: Whether there was any.
    private func giveUpHistory() throws(StoreError) -> Bool {
        try pool.shrink()
        let count = try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                let spared = try RevisionTable.spared(on: connection)
                var remaining = (try RevisionTable.all(on: connection).count + 1) / 2
                var count = 0
                while remaining > 0, try RevisionTable.collectOldest(sparing: spared, on: connection) != nil {
                    remaining -= 1
                    count += 1
                }
                return count
            }
        }
        historySize.withLock { $0 = nil }
        try pool.shrink()
        return count > 0
    }

    /// Brings back what a revision was: its bindle has that content again, which is recorded as a new revision.
    package func restore(revision number: Int) throws(StoreError) -> Revision {
        try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                let row = try RevisionTable.find(number, on: connection)
                guard let bindle = try BindleTable.findWithDeleted(row.revision.id, on: connection) else {
                    throw .noSuchRevision(number)
                }
                let state = bindle.state + 1
                try InvoiceTable.restore(row, of: bindle, as: state, now: now(), on: connection)
                let head = try InvoiceTable.frame(ofBindle: bindle.number, on: connection)?.head ?? []
                let invoice = try InvoiceTable.parse(head, of: bindle.id, path: connection.path)
                _ = try BindleTable.update(bindle, to: invoice, state: state, on: connection)
                // A revision that brings back one that brought back another says which that was.
                let new = try RevisionTable.insert(
                    bindle: bindle.number, state: state, restores: row.revision.restores ?? number, on: connection)
                return try RevisionTable.find(new, on: connection).revision
            }
        }
    }

    // MARK: - Looking back

    /// The revisions that are kept, oldest first.
    package func revisions() throws(StoreError) -> [RevisionSummary] {
        try snapshot { (connection) throws(StoreError) in
            let rows = try RevisionTable.all(on: connection)
            return zip(rows, try RevisionTable.measure(rows, on: connection)).map { row, measure in
                RevisionSummary(revision: row.revision, parcelCount: measure.parcelCount, size: measure.size)
            }
        }
    }

    package func revision(_ number: Int) throws(StoreError) -> Revision {
        try pool.read { (connection) throws(StoreError) in try RevisionTable.find(number, on: connection).revision }
    }

    /// The newest revision.
    package func lastRevision() throws(StoreError) -> Revision? {
        try pool.read { (connection) throws(StoreError) in try RevisionTable.last(on: connection)?.revision }
    }

    /// The newest revision that has been served.
    package func lastServedRevision() throws(StoreError) -> Revision? {
        try pool.read { (connection) throws(StoreError) in try RevisionTable.lastServed(on: connection)?.revision }
    }

    /// The newest revision that was made of the project, rather than brought back.
    package func lastMadeRevision() throws(StoreError) -> Revision? {
        try pool.read { (connection) throws(StoreError) in try RevisionTable.lastMade(on: connection)?.revision }
    }

    /// The invoice as it was in a revision.
    package func invoice(ofRevision number: Int) throws(StoreError) -> Invoice {
        try content(ofRevision: number).invoice
    }

    /// What lies between two revisions, in either order. Takes as long as there are changes, if both are of one bindle.
    package func changes(from first: Int, to second: Int) throws(StoreError) -> RevisionComparison {
        try snapshot { (connection) throws(StoreError) in
            let old = try RevisionTable.find(first, on: connection)
            let new = try RevisionTable.find(second, on: connection)
            guard old.bindle == new.bindle else { return try compare(old, new, on: connection) }
            let isForward = old.state <= new.state
            let (early, late) = isForward ? (old.state, new.state) : (new.state, old.state)
            let ended = try InvoiceTable.parcels(of: old.bindle, endedIn: early, late, on: connection)
            let begun = try InvoiceTable.parcels(of: old.bindle, begunIn: early, late, on: connection)
            let oldFrame = try InvoiceTable.frame(ofBindle: old.bindle, at: old.state, on: connection)
            let newFrame = try InvoiceTable.frame(ofBindle: new.bindle, at: new.state, on: connection)
            return RevisionComparison(
                removed: isForward ? ended : begun, added: isForward ? begun : ended,
                isFrameDifferent: oldFrame?.head != newFrame?.head || oldFrame?.tail != newFrame?.tail)
        }
    }

    private func compare(
        _ old: RevisionTable.Row, _ new: RevisionTable.Row, on connection: SQLiteConnection
    ) throws(StoreError) -> RevisionComparison {
        func parcels(_ row: RevisionTable.Row) throws(StoreError) -> [Parcel] {
            Array(try InvoiceTable.parcels(ofBindle: row.bindle, at: row.state, on: connection).parcels)
        }
        let (oldParcels, newParcels) = (try parcels(old), try parcels(new))
        let (oldSet, newSet) = (Set(oldParcels), Set(newParcels))
        return RevisionComparison(
            removed: oldParcels.filter { !newSet.contains($0) }, added: newParcels.filter { !oldSet.contains($0) },
            isFrameDifferent: true)
    }
}
