import Cryptography
import TOML

/// What the parcels of an invoice share: everything but name, digest and size. Most invoices have a handful of shapes,
/// which are stored once: the media type, and the text that an entry ends in.
struct ParcelShape: Hashable {
    var mediaType: String
    var annotations: [String: String]
    var feature: [String: [String: String]]
    var origin: String?
    var conditions: Conditions?

    init(_ parcel: Parcel) {
        mediaType = parcel.label.mediaType
        annotations = parcel.label.annotations
        feature = parcel.label.feature
        origin = parcel.label.origin
        conditions = parcel.conditions
    }

    /// Whether a parcel has this shape. Quick for parcels that share their dictionaries, as those of one expansion do.
    func fits(_ parcel: Parcel) -> Bool {
        parcel.label.mediaType == mediaType && parcel.label.feature == feature && parcel.conditions == conditions
            && parcel.label.annotations == annotations && parcel.label.origin == origin
    }

    /// The parcel of this shape.
    func parcel(name: String, digest: SHA256Digest, size: Int) -> Parcel {
        Parcel(
            label: Label(
                sha256: digest.hex, mediaType: mediaType, name: name, size: size, annotations: annotations,
                feature: feature, origin: origin),
            conditions: conditions)
    }

    /// The text of an entry after the lines that begin it; see `InvoiceText`.
    var rest: [UInt8] {
        var label = Label(
            sha256: "", mediaType: "", name: "", size: 0, annotations: annotations, feature: feature, origin: origin)
        let empty = InvoiceText.entry(of: Parcel(label: label, conditions: conditions))
        label = Label(sha256: "", mediaType: "", name: "", size: 0)
        return Array(empty.dropFirst(InvoiceText.entry(of: Parcel(label: label)).count))
    }

    /// Reads what `rest` has written.
    init(mediaType: String, rest: [UInt8]) throws(InvoiceProblem) {
        let start = InvoiceText.entry(of: Parcel(label: Label(sha256: "", mediaType: "", name: "", size: 0)))
        guard let parcel = try InvoiceText.parcels(in: start + rest).first else {
            throw InvoiceProblem(at: ["parcel"], "an entry is empty")
        }
        self.init(parcel)
        self.mediaType = mediaType
    }
}

/// The shapes that entries refer to, read and written as they are needed. For one transaction or snapshot.
final class ShapeCache {
    private let connection: SQLiteConnection
    private var shapes: [Int64: ParcelShape] = [:]
    private var texts: [Int64: (mediaType: String, rest: [UInt8])] = [:]
    private var numbers: [ParcelShape: Int64] = [:]
    /// The shapes that were asked for last: neighbours in an invoice mostly share one.
    private var recent: [(shape: ParcelShape, number: Int64)] = []
    private static let recentLimit = 4

    init(on connection: SQLiteConnection) {
        self.connection = connection
    }

    /// What entries of a shape have in their texts.
    func text(_ number: Int64) throws(StoreError) -> (mediaType: String, rest: [UInt8]) {
        if let text = texts[number] { return text }
        let text = try connection.firstRow("SELECT media_type, rest FROM shape WHERE id = ?", .integer(number)) {
            (row) throws(StoreError) in (mediaType: row.text(0), rest: row.blob(1))
        }
        guard let text else { throw .corrupt(path: connection.path, detail: "an entry has no shape") }
        texts[number] = text
        return text
    }

    func shape(_ number: Int64) throws(StoreError) -> ParcelShape {
        if let shape = shapes[number] { return shape }
        let text = try text(number)
        do {
            let shape = try ParcelShape(mediaType: text.mediaType, rest: text.rest)
            shapes[number] = shape
            return shape
        } catch {
            throw .corrupt(path: connection.path, detail: "the shape of an entry: \(error)")
        }
    }

    /// Whether a parcel has the shape of that number.
    func fits(_ number: Int64, _ parcel: Parcel) throws(StoreError) -> Bool {
        guard try shape(number).fits(parcel) else { return false }
        // Shares the parcel's own dictionaries from here on, so that its neighbours compare quickly.
        if recent.first?.number != number {
            let shape = ParcelShape(parcel)
            shapes[number] = shape
            recent = [(shape, number)]
        }
        return true
    }

    /// The number of a parcel's shape, which is stored if it is new.
    func number(of parcel: Parcel) throws(StoreError) -> Int64 {
        for (shape, number) in recent where shape.fits(parcel) { return number }
        let shape = ParcelShape(parcel)
        let number: Int64
        if let known = numbers[shape] { number = known } else { number = try store(shape) }
        numbers[shape] = number
        if recent.count >= Self.recentLimit { recent.removeLast() }
        recent.insert((shape, number), at: 0)
        return number
    }

    private func store(_ shape: ParcelShape) throws(StoreError) -> Int64 {
        let rest = shape.rest
        let known = try connection.firstRow(
            "SELECT id FROM shape WHERE media_type = ? AND rest = ?", .text(shape.mediaType), .blob(rest)
        ) { (row) throws(StoreError) in row.integer(0) }
        if let known { return known }
        try connection.run(
            "INSERT INTO shape (media_type, rest) VALUES (?, ?)", .text(shape.mediaType), .blob(rest))
        return connection.lastInsertedRow
    }
}
