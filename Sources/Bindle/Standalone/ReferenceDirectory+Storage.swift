import Cryptography
import Platform

/// Serves what is in the data directory of a reference server. Whatever would change something is refused. The server that it
/// belongs to may go on changing it.
extension ReferenceDirectory: BindleStorage {
    /// Nobody tells of changes: what was read holds for a second.
    package var generation: Int { Int(MonotonicTime.now.nanoseconds / 1_000_000_000) }

    package var listGeneration: Int { generation }

    package func list() throws(StoreError) -> [BindleListing] {
        try all().map { BindleListing(id: $0.id, number: Self.number(of: $0.id), isYanked: $0.isYanked) }
    }

    package func numbers(matching word: FullTextWord) throws(StoreError) -> Set<Int64> {
        let beginning = word.text.lowercased()
        let found = try all().filter { invoice in
            let texts =
                [invoice.id.name, invoice.id.version.description, invoice.bindle.description ?? ""]
                + invoice.bindle.authors
            return texts.contains { text in
                let text = text.lowercased()
                return text.hasPrefix(beginning)
                    || text.split { !$0.isLetter && !$0.isNumber }.contains { $0.hasPrefix(beginning) }
            }
        }
        return Set(found.map { Self.number(of: $0.id) })
    }

    /// The invoices that can be read.
    private func all() throws(StoreError) -> [Invoice] {
        do { return try names().compactMap { try? bindle(at: $0).invoice } } catch {
            throw .cannotOpen(path: path, detail: "\(error)")
        }
    }

    /// A number that no other ID has.
    private static func number(of id: BindleID) -> Int64 {
        id.digest.bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }

    package func storedInvoice(
        _ id: BindleID, revision: Int?, unless isKnown: (InvoiceStamp) -> Bool
    ) throws(StoreError) -> (stamp: InvoiceStamp, invoice: StoredInvoice?) {
        if let revision { throw .noSuchRevision(revision) }
        let invoice = try find(id).invoice
        let text = invoice.encoded(as: .toml)
        // The content tells one state from another.
        let state = SHA256.hash(text).bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let stamp = InvoiceStamp(file: 0, bindle: Self.number(of: id), state: state, isYanked: invoice.isYanked)
        guard !isKnown(stamp) else { return (stamp, nil) }
        let digests = invoice.parcels.compactMap { SHA256Digest(hex: $0.label.sha256) }
        return (
            stamp,
            StoredInvoice(
                text: text, tailStart: 0, digests: digests.count == invoice.parcels.count ? digests : nil, time: 0)
        )
    }

    private func find(_ id: BindleID) throws(StoreError) -> StandaloneBindle {
        do { return try bindle(id) } catch {
            switch error {
            case .notABindle: throw .noSuchBindle(id)
            default: throw .corrupt(path: path, detail: "\(error)")
            }
        }
    }

    package func missingParcels(of id: BindleID) throws(StoreError) -> [Label] {
        let bindle = try find(id)
        return bindle.invoice.distinctLabels.filter { FileStatus(path: bindle.parcelPath($0.sha256)) == nil }
    }

    package func parcel(
        _ digest: String, of id: BindleID, revision: Int?, includingYanked: Bool
    ) throws(StoreError) -> ParcelReader {
        let bindle = try find(id)
        guard includingYanked || !bindle.invoice.isYanked else { throw .yanked(id) }
        guard let label = bindle.invoice.label(of: digest) else { throw .notInInvoice(id, digest: digest) }
        let file = bindle.parcelPath(label.sha256)
        guard let reader = ParcelReader.open(fileAt: file, size: label.size, mediaType: label.mediaType) else {
            throw .parcelNotUploaded(id, digest: digest)
        }
        return reader
    }

    // MARK: What is refused

    package func create(_ invoice: Invoice, mode: BindleStore.Mode) throws(StoreError) -> BindleStore.Creation {
        throw .readOnly(path: path)
    }

    package func delete(_ id: BindleID) throws(StoreError) { throw .readOnly(path: path) }

    package func yank(_ id: BindleID) throws(StoreError) { throw .readOnly(path: path) }

    package func upload(
        _ digest: String, to id: BindleID, includingYanked: Bool
    ) throws(StoreError) -> ParcelUpload {
        throw .readOnly(path: path)
    }

    package func revisions() throws(StoreError) -> [RevisionSummary] { [] }

    package func changes(from first: Int, to second: Int) throws(StoreError) -> RevisionComparison {
        throw .noSuchRevision(first)
    }
}
