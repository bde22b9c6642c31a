import Cryptography
import Platform
import Synchronization

/// Bindles and their parcels: an SQLite file, and beside it, in the directory `STORE.parcels`, a file for each large parcel.
/// See <doc:Store> for the reasons.
///
/// - Every change that was acknowledged is on the disk, whole; one that was not leaves nothing.
/// - Parcels are shared by all bindles that name their digest, and go with the last of them.
/// - Any number of threads may use a store. One process at a time may: the second is told who has it.
/// - A parcel is never in memory as a whole, on its way in or out.
package final class BindleStore: Sendable {
    /// The path of the file.
    package let path: String
    let pool: ConnectionPool
    /// Gives the processes that read the store what is not on this machine; `nil` where all is.
    private let provider: ParcelProvider?

    /// What happens to an ID that is taken, and to a bindle that is deleted.
    package enum Mode: Sendable {
        /// As on a Bindle server: an ID is taken for ever, and deleting yanks.
        case immutable
        /// As a developer wants it: creating again replaces, and deleting removes.
        case development
    }

    /// The invoice that the sandbox saved last. It is used by whoever has the writing connection.
    let lastSaved = Mutex<RememberedInvoice?>(nil)
    /// The bytes that only the history has, at most; `nil` until they are counted.
    let historySize = Mutex<Int?>(nil)
    /// The bytes that only the history may have; see `collectHistory`.
    let historyLimit: Atomic<Int>
    /// What time it is, in nanoseconds since 1970.
    let now: @Sendable () -> Int64

    /// The bytes that only the history may have if nobody says otherwise: a GiB.
    package static let defaultHistoryLimit = 1 << 30

    /// Opens the store at `path`, and makes the file if there is none.
    /// - Parameters:
    ///   - isTemporary: Whether the file is removed with the process, and need not survive the machine.
    ///   - historyLimit: The bytes that only the history may have. What the newest revisions need is kept even so.
    ///   - rowLimit: Parcels of at most this many bytes stay in rows, where the store has them itself.
    ///   - parcels: Where the parcels are to be. What is elsewhere is brought there. `nil` for where they are.
    ///   - now: What time it is, in nanoseconds since 1970.
    package init(
        path: String, isTemporary: Bool = false, historyLimit: Int = defaultHistoryLimit,
        rowLimit: Int = ContentFiles.usualRowLimit, parcels: ParcelStorage? = nil,
        now: @escaping @Sendable () -> Int64 = { WallClock.nanoseconds() }
    ) throws(StoreError) {
        self.path = path
        self.historyLimit = Atomic(historyLimit)
        self.now = now
        let files = try Self.files(ofStore: path, isTemporary: isTemporary, rowLimit: rowLimit, parcels)
        pool = try ConnectionPool(path: path, isTemporary: isTemporary, files: files)
        provider = files.remote == nil ? nil : try ParcelProvider(storePath: path, files: files)
    }

    private static func files(
        ofStore path: String, isTemporary: Bool, rowLimit: Int, _ given: ParcelStorage?
    ) throws(StoreError) -> ContentFiles {
        var storage = given
        if storage == nil, let recorded = ParcelPlaceTable.recorded(inStore: path) {
            // The file may have come with a project of somebody who wants the credentials.
            if let endpoint = recorded.location.foreignEndpoint {
                throw .parcelsUnavailable(
                    location: recorded.location.description,
                    detail:
                        "the store says that they are at \(endpoint), which would get your credentials: if they are "
                        + "there, say so by --parcels \(recorded.location) --endpoint \(endpoint)")
            }
            storage = ParcelStorage(recorded.location)
            storage?.cacheLimit = recorded.cacheLimit
        }
        guard let storage, storage.location != .store else {
            return ContentFiles(
                storePath: path, isTemporary: isTemporary, rowLimit: rowLimit,
                environment: storage?.environment ?? ProcessEnvironment.all)
        }
        return try ContentFiles(storePath: path, isTemporary: isTemporary, storage: storage)
    }

    /// Removes the parcels that are in memory, where the store has them there, at the end of a process that does not let go of
    /// the store before.
    package func removeMemory() { pool.files.removeMemory() }

    /// Where the parcels are.
    package var parcelLocation: ParcelLocation { pool.files.location }

    /// Whether one of the store's files or the directory of its large parcels has been removed, or another stands in its place.
    package var isGone: Bool { pool.isGone }

    /// Lets go of the store and moves it out of the way, with its large parcels: `reopen` makes another.
    /// - Returns: The path that its file has now.
    package func setAside() throws(StoreError) -> String {
        pool.close()
        return try Self.setAside(path: path)
    }

    /// Opens the file that stands at the path now, made if there is none.
    /// - Parameter revision: The numbers of revisions go on after it.
    package func reopen(after revision: Int) throws(StoreError) {
        lastSaved.withLock { $0 = nil }
        historySize.withLock { $0 = nil }
        try pool.reopen()
        try pool.write { (connection) throws(StoreError) in
            try RevisionTable.skip(to: revision, on: connection)
        }
    }

    /// Has what takes parcels in from this machine end with `StoreError.interrupted`, now and from now on, and leave
    /// nothing: for a process that is about to end. Any thread may call it.
    package func interrupt() { pool.files.interrupt() }

    // MARK: - Bindles

    /// What became of an invoice that was handed in.
    package struct Creation: Hashable, Sendable {
        package let effect: CreationEffect
        /// The labels of the parcels that the store does not have, each digest once.
        package let missing: [Label]
        /// The invoice as it is in the store now, so that it need not be read for the answer.
        package let invoice: StoredInvoice
        package let stamp: InvoiceStamp
    }

    /// Takes an invoice in. Its parcels are uploaded afterwards, those that are missing.
    ///
    /// In development mode an invoice of the same ID is replaced, and parcels that only it named are removed.
    package func create(_ invoice: Invoice, mode: Mode) throws(StoreError) -> Creation {
        try check(invoice)
        return try pool.write { (connection) throws(StoreError) in
            let file = pool.fileGeneration
            return try connection.transaction { () throws(StoreError) in
                let put = try InvoiceReplacement.put(
                    invoice,
                    .init(mode: mode, now: now(), intake: ContentIntake(on: connection), connection: connection))
                let stamp = InvoiceStamp(
                    file: file, bindle: put.remembered.bindle, state: put.remembered.state,
                    isYanked: put.remembered.invoice.isYanked)
                return Creation(
                    effect: put.effect, missing: try put.missing(on: connection), invoice: put.storedInvoice,
                    stamp: stamp)
            }
        }
    }

    /// Where the bytes of a parcel are that `save` is to store.
    package enum ParcelSource: Sendable {
        case bytes([UInt8])
        case file(path: String)
    }

    /// Takes an invoice and all its parcels in, at once: others see either all of it or what was there before.
    /// - Parameter source: Where the bytes of a parcel are. It is asked for those only that the store does not have.
    package func save(
        _ invoice: Invoice, mode: Mode = .development, source: @escaping (Label) throws(StoreError) -> ParcelSource
    ) throws(StoreError) -> CreationEffect {
        try check(invoice)
        return try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                let intake = try ContentIntake(on: connection, from: source)
                let put = try InvoiceReplacement.put(
                    invoice, .init(mode: mode, now: now(), intake: intake, connection: connection))
                try Self.take(try put.missing(on: connection), intake)
                return put.effect
            }
        }
    }

    /// Takes the contents of parcels in that were there before without them.
    static func take(_ labels: [Label], _ intake: ContentIntake) throws(StoreError) {
        for label in labels {
            if let digest = SHA256Digest(hex: label.sha256) { _ = try intake.row(of: label, digest) }
        }
    }

    package func keep(_ invoice: Invoice, replacing: Bool = false) throws(StoreError) {
        try check(invoice, allowingYanked: true)
        try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                let isThere = try BindleTable.find(invoice.id, on: connection) != nil
                guard replacing || !isThere else { return }
                _ = try InvoiceReplacement.put(
                    invoice,
                    .init(mode: .development, now: now(), intake: ContentIntake(on: connection), connection: connection)
                )
            }
        }
    }

    private func check(_ invoice: Invoice, allowingYanked: Bool = false) throws(StoreError) {
        do { try invoice.validate() } catch { throw .invalidInvoice(error) }
        guard allowingYanked || !invoice.isYanked else { throw .newBindleIsYanked(invoice.id) }
    }

    /// The labels among these whose parcels the store does not have.
    func missing(among labels: [Label]) throws(StoreError) -> [Label] {
        try pool.read { (connection) throws(StoreError) in
            var missing: [Label] = []
            for label in labels {
                guard let digest = SHA256Digest(hex: label.sha256),
                    try ContentTable.findPresent(digest, on: connection) != nil
                else {
                    missing.append(label)
                    continue
                }
            }
            return missing
        }
    }

    /// The invoice of a bindle.
    /// - Throws: `StoreError.yanked` for one that is, unless `includingYanked`.
    package func invoice(_ id: BindleID, includingYanked: Bool = false) throws(StoreError) -> Invoice {
        try snapshot { (connection) throws(StoreError) in
            let (bindle, state, isYanked) = try Self.find(id, revision: nil, on: connection)
            guard includingYanked || !isYanked else { throw .yanked(id) }
            return try InvoiceTable.invoice(id, ofBindle: bindle, at: state, on: connection).invoice
        }
    }

    /// The invoice of a bindle as TOML.
    /// - Parameter revision: The revision that is meant, whatever came after it.
    package func invoiceText(
        _ id: BindleID, revision: Int? = nil, includingYanked: Bool = false
    ) throws(StoreError) -> [UInt8] {
        try snapshot { (connection) throws(StoreError) in
            let (bindle, state, isYanked) = try Self.find(id, revision: revision, on: connection)
            guard includingYanked || !isYanked else { throw .yanked(id) }
            return try InvoiceTable.text(ofBindle: bindle, at: state, on: connection).text
        }
    }

    package func storedInvoice(
        _ id: BindleID, revision: Int?, unless isKnown: (InvoiceStamp) -> Bool
    ) throws(StoreError) -> (stamp: InvoiceStamp, invoice: StoredInvoice?) {
        let file = pool.fileGeneration
        return try snapshot { (connection) throws(StoreError) in
            let stamp: InvoiceStamp
            var state: Int64?
            if let revision {
                let row = try RevisionTable.find(revision, on: connection)
                guard row.revision.id == id else { throw .noSuchRevision(revision) }
                state = row.state
                stamp = InvoiceStamp(file: file, bindle: row.bindle, state: row.state, isYanked: false)
            } else {
                guard let row = try BindleTable.find(id, on: connection) else { throw .noSuchBindle(id) }
                stamp = InvoiceStamp(file: file, bindle: row.number, state: row.state, isYanked: row.isYanked)
            }
            if isKnown(stamp) { return (stamp, nil) }
            return (stamp, try InvoiceTable.text(ofBindle: stamp.bindle, at: state, on: connection))
        }
    }

    package var generation: Int { pool.changeGeneration }

    package var listGeneration: Int { pool.listGeneration }

    package func list() throws(StoreError) -> [BindleListing] {
        try pool.read { (connection) throws(StoreError) in try BindleTable.list(on: connection) }
    }

    package func numbers(matching word: FullTextWord) throws(StoreError) -> Set<Int64> {
        try pool.read { (connection) throws(StoreError) in
            try BindleTable.numbers(matching: word.expression, on: connection)
        }
    }

    /// How many entries a bindle is taken to have that were not counted.
    private static let usualEntryCount = 1_000

    /// The labels of the parcels that a bindle names and the store does not have, each digest once.
    package func missingParcels(of id: BindleID) throws(StoreError) -> [Label] {
        try snapshot { (connection) throws(StoreError) in
            guard let row = try BindleTable.find(id, on: connection) else { throw .noSuchBindle(id) }
            // Mostly there are none; then the invoice need not be read.
            let missing = try InvoiceTable.missingDigests(
                ofBindle: row.number, entryCount: Self.usualEntryCount, on: connection)
            guard !missing.isEmpty else { return [] }
            let invoice = try InvoiceTable.invoice(id, ofBindle: row.number, on: connection).invoice
            return try InvoiceTable.missing(of: invoice, in: row, on: connection)
        }
    }

    /// Lends a reading connection that sees the file as it is now, whatever others write meanwhile.
    func snapshot<Result>(
        _ body: (SQLiteConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try pool.read { (connection) throws(StoreError) in
            try connection.beginSnapshot()
            defer { connection.rollBack() }
            return try body(connection)
        }
    }

    /// Where a bindle's content is: its current state, or that of a revision.
    private static func find(
        _ id: BindleID, revision: Int?, on connection: SQLiteConnection
    ) throws(StoreError) -> (bindle: Int64, state: Int64?, isYanked: Bool) {
        guard let revision else {
            guard let row = try BindleTable.find(id, on: connection) else { throw .noSuchBindle(id) }
            return (row.number, nil, row.isYanked)
        }
        let row = try RevisionTable.find(revision, on: connection)
        guard row.revision.id == id else { throw .noSuchRevision(revision) }
        return (row.bindle, row.state, false)
    }

    /// Removes a bindle, and the parcels that only it named.
    package func delete(_ id: BindleID) throws(StoreError) {
        try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                guard let row = try BindleTable.find(id, on: connection) else { throw .noSuchBindle(id) }
                try BindleTable.delete(row, on: connection)
            }
        }
    }

    /// Withdraws a bindle: it stays for those who ask for it even so.
    package func yank(_ id: BindleID) throws(StoreError) {
        try pool.write { (connection) throws(StoreError) in
            try connection.transaction { () throws(StoreError) in
                guard let row = try BindleTable.find(id, on: connection) else { throw .noSuchBindle(id) }
                guard let frame = try InvoiceTable.frame(ofBindle: row.number, on: connection) else { return }
                var head = try InvoiceTable.parse(frame.head, of: id, path: connection.path)
                head.isYanked = true
                let state = row.state + 1
                let lastKept = try KeptStates.last(ofBindle: row.number, on: connection)
                try InvoiceTable.endFrame(bindle: row.number, state: state, lastKept: lastKept, on: connection)
                try InvoiceTable.insertFrame(
                    head: head.encoded(as: .toml), tail: frame.tail, bindle: row.number, state: state, on: connection)
                _ = try BindleTable.update(row, to: head, state: state, on: connection)
            }
        }
    }

    // MARK: - Parcels

    /// Begins the upload of a parcel that the bindle names.
    /// - Throws: `StoreError.parcelExists` if it is there; `.yanked` for a bindle that is, unless `includingYanked`;
    ///   `.notInInvoice`; `.noSuchBindle`.
    package func upload(
        _ digest: String, to id: BindleID, includingYanked: Bool = true
    ) throws(StoreError) -> ParcelUpload {
        try pool.read { (connection) throws(StoreError) in
            let (bindle, _, isYanked) = try Self.find(id, revision: nil, on: connection)
            guard includingYanked || !isYanked else { throw .yanked(id) }
            let (key, reference) = try Self.reference(to: digest, of: id, bindle, at: nil, on: connection)
            guard try ContentTable.findPresent(key, on: connection) == nil else {
                throw .parcelExists(id, digest: digest)
            }
            let sink = EmbeddedParcelSink(pool: pool, id: id, digest: key, size: reference.size)
            return ParcelUpload(id: id, digest: key, size: reference.size, sink: sink)
        }
    }

    /// Opens a parcel of a bindle for reading. What is open stays readable, whatever is removed meanwhile.
    ///
    /// A parcel whose file is damaged or gone counts as one that was not uploaded.
    /// - Parameter revision: The revision that is meant, whatever came after it.
    package func parcel(
        _ digest: String, of id: BindleID, revision: Int? = nil, includingYanked: Bool = false
    ) throws(StoreError) -> ParcelReader {
        try parcel(digest) { (connection) throws(StoreError) in
            let (bindle, state, isYanked) = try Self.find(id, revision: revision, on: connection)
            guard includingYanked || !isYanked else { throw .yanked(id) }
            return (id, bindle, state)
        }
    }

    /// Opens a parcel of what `find` finds: a bindle's state, or what it is now. The ID is for errors.
    func parcel(
        _ digest: String,
        of find: (SQLiteConnection) throws(StoreError) -> (id: BindleID, bindle: Int64, state: Int64?)
    ) throws(StoreError) -> ParcelReader {
        enum Found {
            case reader(ParcelReader)
            /// It is known by something else now, and was read again.
            case renewed(ParcelReader, Int64, FileIdentity)
            /// There is no file, or none that is right.
            case missing(Int64, BindleID, SHA256Digest, size: Int, mediaType: String)
        }
        let found = try snapshot { (connection) throws(StoreError) -> Found in
            let (id, bindle, state) = try find(connection)
            let (key, reference) = try Self.reference(to: digest, of: id, bindle, at: state, on: connection)
            guard let content = try ContentTable.findPresent(key, on: connection) else {
                throw .parcelNotUploaded(id, digest: digest)
            }
            switch content.place {
            case .row:
                guard let bytes = try ContentTable.bytes(ofRow: content.number, on: connection) else {
                    throw .corrupt(path: path, detail: "a parcel has no bytes")
                }
                return .reader(ParcelReader(bytes, mediaType: reference.mediaType))
            case .file, .nowhere:
                guard let known = try ContentTable.identity(ofFile: content.number, on: connection),
                    let file = ParcelReader.open(
                        key, known: known, at: connection.files.path(of: key), mediaType: reference.mediaType)
                else { return .missing(content.number, id, key, size: content.size, mediaType: reference.mediaType) }
                connection.files.noteUse(of: key)
                return file.identity == known ? .reader(file) : .renewed(file, content.number, file.identity ?? known)
            }
        }
        switch found {
        case .reader(let reader): return reader
        case .renewed(let reader, let number, let identity):
            note { (connection) throws(StoreError) in
                try ContentTable.setIdentity(identity, ofFile: number, on: connection)
            }
            return reader
        case .missing(let number, let id, let key, let size, let mediaType):
            if let descriptor = try pool.files.fetch(key, size: size) {
                return ParcelReader(adopting: descriptor, size: size, mediaType: mediaType)
            }
            note { (connection) throws(StoreError) in try ContentTable.lose(number, on: connection) }
            throw .parcelNotUploaded(id, digest: digest)
        }
    }

    /// Writes what was found out of a file of content. Where that cannot be written, it is found out again.
    private func note(_ body: (SQLiteConnection) throws(StoreError) -> Void) {
        try? pool.write { (connection) throws(StoreError) in
            try connection.withoutSync { () throws(StoreError) in
                try connection.transaction { () throws(StoreError) in try body(connection) }
            }
        }
    }

    /// What a bindle says of a parcel that it names. The ID is for errors.
    private static func reference(
        to digest: String, of id: BindleID, _ bindle: Int64, at state: Int64?, on connection: SQLiteConnection
    ) throws(StoreError) -> (key: SHA256Digest, reference: InvoiceTable.Reference) {
        guard let key = SHA256Digest(hex: digest),
            let reference = try InvoiceTable.reference(to: key, ofBindle: bindle, at: state, on: connection)
        else { throw .notInInvoice(id, digest: digest) }
        return (key, reference)
    }

    // MARK: - The whole

    /// The bytes of the store's file that are in no use, and are used before it grows.
    package func reusableBytes() throws(StoreError) -> Int {
        try pool.read { (connection) throws(StoreError) in
            func pragma(_ name: String) throws(StoreError) -> Int {
                try connection.firstRow("PRAGMA \(name)") { (row) throws(StoreError) in Int(row.integer(0)) } ?? 0
            }
            return try pragma("freelist_count") * pragma("page_size")
        }
    }

    /// The IDs of all bindles, by name and version.
    package func allIDs(includingYanked: Bool = false) throws(StoreError) -> [BindleID] {
        try pool.read { (connection) throws(StoreError) in
            try BindleTable.list(on: connection).filter { includingYanked || !$0.isYanked }.map(\.id).sorted()
        }
    }
}
