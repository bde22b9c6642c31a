import Cryptography

/// An invoice as it is in the store, so that the next one can be compared with it without reading it.
struct RememberedInvoice: Sendable {
    let bindle: Int64
    let state: Int64
    let invoice: Invoice
    let positions: EntryPositions
    /// The revision that it was recorded as.
    var revision: Int?
}

/// Puts invoices in, writing only what differs from the one that is there. It runs within the caller's transaction.
struct InvoiceReplacement {
    let effect: BindleStore.Creation.Effect
    let row: BindleTable.Row
    let remembered: RememberedInvoice
    /// The places in the invoice of those parcels that may be missing; the others are known to be there.
    let uncertain: [Range<Int>]

    /// - Parameters:
    ///   - last: The invoice that was put in last, all parcels of which are there.
    ///   - changes: How the invoice came out of the last one, if that is known.
    static func put(
        _ invoice: Invoice, mode: BindleStore.Mode, after last: RememberedInvoice? = nil,
        changes known: ParcelChanges? = nil, on connection: SQLiteConnection
    ) throws(StoreError) -> InvoiceReplacement {
        guard let row = try BindleTable.findWithDeleted(invoice.id, on: connection) else {
            return try insert(invoice, on: connection)
        }
        guard !row.isLive || mode == .development else { throw .bindleExists(invoice.id) }
        let old: EntryPositions
        let changes: ParcelChanges
        let digests: (Int) -> SHA256Digest?
        let isCertain: Bool
        var texts: [[UInt8]]?
        if let last, last.bindle == row.number, last.state == row.state, row.isLive {
            old = last.positions
            let parcels = last.invoice.parcels
            if let known, known.fit(oldCount: parcels.count, newCount: invoice.parcels.count) {
                changes = known
            } else {
                changes = ParcelChanges(from: parcels, to: invoice.parcels)
            }
            digests = { SHA256Digest(hex: parcels[$0].label.sha256) }
            isCertain = true
        } else {
            let entries = try InvoiceTable.entries(ofBindle: row.number, on: connection)
            let new = invoice.parcels.map(InvoiceText.entry)
            old = EntryPositions(values: entries.map(\.position))
            changes = ParcelChanges(from: entries.map(\.text), to: new)
            digests = { entries[$0].digest }
            isCertain = false
            texts = new
        }
        let head = InvoiceText.head(of: invoice)
        let tail = InvoiceText.tail(of: invoice)
        let frame = try InvoiceTable.frame(ofBindle: row.number, on: connection)
        let isFrameNew = frame.map { $0.head != head || $0.tail != tail } ?? true
        let uncertain = isCertain ? changes.replacements.map(\.new) : [0..<invoice.parcels.count]
        guard isFrameNew || !changes.isEmpty else {
            let remembered = RememberedInvoice(
                bindle: row.number, state: row.state, invoice: invoice, positions: old)
            return InvoiceReplacement(effect: .unchanged, row: row, remembered: remembered, uncertain: uncertain)
        }

        let state = row.state + 1
        let lastKept = try RevisionTable.lastState(ofBindle: row.number, on: connection)
        if isFrameNew {
            try InvoiceTable.endFrame(bindle: row.number, state: state, lastKept: lastKept, on: connection)
            try InvoiceTable.insertFrame(head: head, tail: tail, bindle: row.number, state: state, on: connection)
        }
        let edits: ParcelChanges
        let positions: EntryPositions
        if let room = old.applying(changes) {
            edits = changes
            positions = room
        } else {
            edits = ParcelChanges([.init(old: 0..<old.values.count, new: 0..<invoice.parcels.count)])
            positions = EntryPositions(count: invoice.parcels.count)
        }
        var removed = Set<SHA256Digest>()
        for index in edits.replacements.lazy.flatMap(\.old) {
            try InvoiceTable.endEntry(
                at: old.values[index], bindle: row.number, state: state, lastKept: lastKept, on: connection)
            if let digest = digests(index) { removed.insert(digest) }
        }
        for index in edits.replacements.lazy.flatMap(\.new) {
            let parcel = invoice.parcels[index]
            try InvoiceTable.insert(
                parcel, text: texts?[index] ?? InvoiceText.entry(of: parcel), at: positions.values[index],
                bindle: row.number, state: state, on: connection)
        }
        for digest in removed { try ParcelTable.removeUnlessReferenced(digest, on: connection) }
        let updated = try BindleTable.update(row, to: invoice, state: state, on: connection)
        return InvoiceReplacement(
            effect: row.isLive ? .replaced : .created, row: updated,
            remembered: RememberedInvoice(
                bindle: row.number, state: state, invoice: invoice, positions: positions),
            uncertain: uncertain)
    }

    private static func insert(
        _ invoice: Invoice, on connection: SQLiteConnection
    ) throws(StoreError) -> InvoiceReplacement {
        let row = try BindleTable.insert(invoice, on: connection)
        try InvoiceTable.insertAll(of: invoice, bindle: row.number, state: row.state, on: connection)
        let remembered = RememberedInvoice(
            bindle: row.number, state: row.state, invoice: invoice,
            positions: EntryPositions(count: invoice.parcels.count))
        return InvoiceReplacement(
            effect: .created, row: row, remembered: remembered, uncertain: [0..<invoice.parcels.count])
    }

    /// The labels of parcels that the store does not have, each digest once.
    func missing(on connection: SQLiteConnection) throws(StoreError) -> [Label] {
        let invoice = remembered.invoice
        guard uncertain.count != 1 || uncertain.first != invoice.parcels.indices else {
            return try InvoiceTable.missing(of: invoice, in: row, on: connection)
        }
        var seen = Set<String>()
        var labels: [Label] = []
        for index in uncertain.lazy.flatMap({ $0 }) {
            let label = invoice.parcels[index].label
            guard seen.insert(label.sha256).inserted, let digest = SHA256Digest(hex: label.sha256) else { continue }
            if try ParcelTable.find(digest, on: connection) == nil { labels.append(label) }
        }
        return labels
    }
}
