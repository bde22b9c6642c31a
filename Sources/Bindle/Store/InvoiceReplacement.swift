import Cryptography

/// An invoice as it is in the store, so that the next one can be compared with it without reading it.
struct RememberedInvoice: Sendable {
    let bindle: Int64
    let state: Int64
    let invoice: Invoice
    let positions: EntryPositions
    /// One for each parcel; see `ContentTimes`.
    let times: [Int64]
    /// The revision that it was recorded as.
    var revision: Int?
}

/// Puts invoices in, writing only what differs from the one that is there. It runs within the caller's transaction.
struct InvoiceReplacement {
    let effect: CreationEffect
    let row: BindleTable.Row
    let remembered: RememberedInvoice
    /// What is before and after the list of parcels in the invoice's text.
    let frame: (head: [UInt8], tail: [UInt8])
    /// The bytes of parcels that only the history has from now on, at most.
    var endedSize = 0

    /// What putting an invoice in takes besides it.
    struct Context {
        let mode: BindleStore.Mode
        /// The time of names that get another content, in nanoseconds since 1970.
        let now: Int64
        let intake: ContentIntake
        let connection: SQLiteConnection
        /// The invoice that the sandbox put in last, with all of its parcels there.
        var last: RememberedInvoice?
        /// How the invoice came out of the last one, if that is known.
        var changes: ParcelChanges?
        /// Throws unless the invoice makes sense. It is not asked for one that is in the store as it is.
        var check: () throws(StoreError) -> Void = { () throws(StoreError) in }
        /// What a new bindle goes on from: names that keep their contents keep their times.
        var predecessor: () throws(StoreError) -> (parcels: ParcelList, times: [Int64])? = { () throws(StoreError) in
            nil
        }
    }

    static func put(_ invoice: Invoice, _ context: Context) throws(StoreError) -> InvoiceReplacement {
        let connection = context.connection
        guard let row = try BindleTable.findWithDeleted(invoice.id, on: connection) else {
            return try insert(invoice, context)
        }
        guard !row.isLive || context.mode == .development else { throw .bindleExists(invoice.id) }
        let before = try Before(invoice, row, context)
        let head = InvoiceText.head(of: invoice)
        let tail = InvoiceText.tail(of: invoice)
        let frame = try InvoiceTable.frame(ofBindle: row.number, on: connection)
        let isFrameNew = frame.map { $0.head != head || $0.tail != tail } ?? true
        guard isFrameNew || !before.changes.isEmpty else {
            let remembered = RememberedInvoice(
                bindle: row.number, state: row.state, invoice: invoice, positions: before.positions,
                times: before.times.values)
            return InvoiceReplacement(
                effect: .unchanged, row: row, remembered: remembered, frame: (head, tail))
        }

        try context.check()
        let state = row.state + 1
        let lastKept = try KeptStates.last(ofBindle: row.number, on: connection)
        if isFrameNew {
            try InvoiceTable.endFrame(bindle: row.number, state: state, lastKept: lastKept, on: connection)
            try InvoiceTable.insertFrame(head: head, tail: tail, bindle: row.number, state: state, on: connection)
        }
        let (edits, positions) = before.positions.makingRoom(for: before.changes)
        let times = before.times.applying(edits, from: before.parcels, to: invoice.parcels, now: context.now)
        var removed = Set<SHA256Digest>()
        var endedSize = 0
        for index in edits.replacements.lazy.flatMap(\.old) {
            try InvoiceTable.endEntry(
                at: before.positions.values[index], bindle: row.number, state: state, lastKept: lastKept, on: connection
            )
            let label = before.parcels[index].label
            endedSize = endedSize.addingSaturating(label.size)
            if let digest = SHA256Digest(hex: label.sha256) { removed.insert(digest) }
        }
        if !edits.isEmpty {
            let writer = try EntryWriter(bindle: row.number, state: state, intake: context.intake, on: connection)
            for index in edits.replacements.lazy.flatMap(\.new) {
                try writer.insert(invoice.parcels[index], at: positions.values[index], time: times.values[index])
            }
        }
        var numbers: [Int64] = []
        for digest in removed {
            if let number = try ContentTable.find(digest, on: connection)?.number { numbers.append(number) }
        }
        try ContentTable.removeUnreferenced(numbers, on: connection)
        let updated = try BindleTable.update(row, to: invoice, state: state, on: connection)
        return InvoiceReplacement(
            effect: row.isLive ? .replaced : .created, row: updated,
            remembered: RememberedInvoice(
                bindle: row.number, state: state, invoice: invoice, positions: positions, times: times.values),
            frame: (head, tail), endedSize: endedSize)
    }

    /// What is there already of the bindle that is put in.
    private struct Before {
        let positions: EntryPositions
        let times: ContentTimes
        /// What has the positions; not read where nothing has changed.
        let parcels: ParcelList
        let changes: ParcelChanges

        init(_ invoice: Invoice, _ row: BindleTable.Row, _ context: Context) throws(StoreError) {
            if let last = context.last, last.bindle == row.number, last.state == row.state, row.isLive {
                positions = last.positions
                times = ContentTimes(values: last.times)
                parcels = last.invoice.parcels
                if let known = context.changes, known.fit(oldCount: parcels.count, newCount: invoice.parcels.count) {
                    changes = known
                } else {
                    changes = ParcelChanges(from: parcels, to: invoice.parcels)
                }
                return
            }
            let stored = try InvoiceTable.compare(invoice.parcels, withBindle: row.number, on: context.connection)
            positions = EntryPositions(values: stored.positions)
            times = ContentTimes(values: stored.times)
            if stored.isEqual {
                parcels = invoice.parcels
                changes = ParcelChanges()
            } else {
                parcels = try InvoiceTable.parcels(ofBindle: row.number, on: context.connection).parcels
                changes = ParcelChanges(from: parcels, to: invoice.parcels)
            }
        }
    }

    private static func insert(_ invoice: Invoice, _ context: Context) throws(StoreError) -> InvoiceReplacement {
        let connection = context.connection
        try context.check()
        let row = try BindleTable.insert(invoice, on: connection)
        let frame = (head: InvoiceText.head(of: invoice), tail: InvoiceText.tail(of: invoice))
        try InvoiceTable.insertFrame(
            head: frame.head, tail: frame.tail, bindle: row.number, state: row.state, on: connection)
        let positions = EntryPositions(count: invoice.parcels.count)
        let times = ContentTimes(of: invoice.parcels, now: context.now, after: try context.predecessor())
        let writer = try EntryWriter(bindle: row.number, state: row.state, intake: context.intake, on: connection)
        for (index, parcel) in invoice.parcels.enumerated() {
            try writer.insert(parcel, at: positions.values[index], time: times.values[index])
        }
        let remembered = RememberedInvoice(
            bindle: row.number, state: row.state, invoice: invoice, positions: positions, times: times.values)
        return InvoiceReplacement(effect: .created, row: row, remembered: remembered, frame: frame)
    }

    /// The invoice as it would be read.
    var storedInvoice: StoredInvoice {
        var text = frame.head
        var digests: [SHA256Digest] = []
        var last: (shape: ParcelShape, mediaType: [UInt8], rest: [UInt8])?
        for parcel in remembered.invoice.parcels {
            // An invoice that went in has such digests only.
            guard let digest = SHA256Digest(hex: parcel.label.sha256) else { continue }
            if last?.shape.fits(parcel) != true {
                let shape = ParcelShape(parcel)
                last = (shape, InvoiceText.quoted(shape.mediaType), shape.rest)
            }
            InvoiceText.append(
                name: parcel.label.name, digest: digest, size: parcel.label.size, mediaType: last?.mediaType ?? [],
                rest: last?.rest ?? [], to: &text)
            digests.append(digest)
        }
        let tailStart = text.count
        text += frame.tail
        return StoredInvoice(
            text: text, tailStart: tailStart, digests: digests, time: max(0, remembered.times.max() ?? 0))
    }

    /// The labels of parcels that the store does not have, each digest once.
    func missing(on connection: SQLiteConnection) throws(StoreError) -> [Label] {
        try InvoiceTable.missing(of: remembered.invoice, in: row, on: connection)
    }
}

extension Int {
    /// The sum, or the largest number where it is larger than that.
    func addingSaturating(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
