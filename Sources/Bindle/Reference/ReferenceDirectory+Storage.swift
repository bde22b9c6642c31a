import Cryptography
import Platform

extension ReferenceDirectory: BindleStorage {
    package var listGeneration: Int { generation }

    package func list() throws(StoreError) -> [BindleListing] {
        try entries().map { BindleListing(id: $0.id, number: $0.number, isYanked: $0.isYanked) }
    }

    package func numbers(matching word: FullTextWord) throws(StoreError) -> Set<Int64> {
        let beginning = word.text.lowercased()
        return Set(try entries().filter { $0.matches(beginning) }.map(\.number))
    }

    private func entries() throws(StoreError) -> [ReferenceIndex.Entry] {
        do { return try index.entries(of: self) } catch { throw .cannotOpen(path: path, detail: "\(error)") }
    }

    package func storedInvoice(
        _ id: BindleID, revision: Int?, unless isKnown: (InvoiceStamp) -> Bool
    ) throws(StoreError) -> (stamp: InvoiceStamp, invoice: StoredInvoice?) {
        if let revision { throw .noSuchRevision(revision) }
        let invoice = try find(id).invoice
        let stored = Self.stored(invoice)
        let stamp = Self.stamp(of: invoice, stored)
        return (stamp, isKnown(stamp) ? nil : stored)
    }

    private static func stored(_ invoice: Invoice) -> StoredInvoice {
        let digests = invoice.parcels.compactMap { SHA256Digest(hex: $0.label.sha256) }
        return StoredInvoice(
            text: invoice.encoded(as: .toml), tailStart: 0,
            digests: digests.count == invoice.parcels.count ? digests : nil, time: 0)
    }

    private static func stamp(of invoice: Invoice, _ stored: StoredInvoice) -> InvoiceStamp {
        // The content tells one state from another.
        let state = SHA256.hash(stored.text).bytes.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return InvoiceStamp(
            file: 0, bindle: ReferenceIndex.Entry(invoice).number, state: state, isYanked: invoice.isYanked)
    }

    func find(_ id: BindleID) throws(StoreError) -> StandaloneBindle {
        do { return try bindle(id) } catch {
            switch error {
            case .notABindle: throw .noSuchBindle(id)
            default: throw .corrupt(path: path, detail: "\(error)")
            }
        }
    }

    package func missingParcels(of id: BindleID) throws(StoreError) -> [Label] {
        let bindle = try find(id)
        return bindle.invoice.distinctLabels.filter { !Self.hasParcel($0, of: bindle) }
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

    package func revisions() throws(StoreError) -> [RevisionSummary] { [] }

    package func changes(from first: Int, to second: Int) throws(StoreError) -> RevisionComparison {
        throw .noSuchRevision(first)
    }

    // MARK: - Changing

    package func create(_ invoice: Invoice, mode: BindleStore.Mode) throws(StoreError) -> BindleStore.Creation {
        guard !invoice.isYanked else { throw .newBindleIsYanked(invoice.id) }
        let signed = try admit(invoice)
        return try changing { () throws(StoreError) in
            let effect: CreationEffect
            do throws(StoreError) {
                try put(signed, replacing: false)
                effect = .created
            } catch .bindleExists where mode == .development {
                effect = unsigned(try find(invoice.id).invoice) == unsigned(invoice) ? .unchanged : .replaced
                if effect == .replaced { try put(signed, replacing: true) }
            }
            let bindle = try find(invoice.id)
            let stored = Self.stored(bindle.invoice)
            return BindleStore.Creation(
                effect: effect, missing: bindle.invoice.distinctLabels.filter { !Self.hasParcel($0, of: bindle) },
                invoice: stored, stamp: Self.stamp(of: bindle.invoice, stored))
        }
    }

    package func keep(_ invoice: Invoice, replacing: Bool) throws(StoreError) {
        let signed = try admit(invoice)
        try changing { () throws(StoreError) in
            do throws(StoreError) {
                try put(signed, replacing: false)
            } catch .bindleExists {
                if replacing { try put(signed, replacing: true) }
            }
        }
    }

    /// Checks an invoice, and signs it as host.
    private func admit(_ invoice: Invoice) throws(StoreError) -> Invoice {
        do throws(InvoiceProblem) {
            try invoice.validate()
            try StandaloneBindle.checkFileNames(of: invoice)
        } catch {
            throw .invalidInvoice(error)
        }
        guard let key = hostKey?.key else { return invoice }
        var signed = unsigned(invoice)
        do { try signed.sign(with: key, as: .host, at: Int(WallClock.nanoseconds() / 1_000_000_000)) } catch {
            return invoice
        }
        return signed
    }

    /// An invoice without this host's own signature.
    private func unsigned(_ invoice: Invoice) -> Invoice {
        guard let key = hostKey?.key else { return invoice }
        var unsigned = invoice
        unsigned.removeHostSignature(by: key)
        return unsigned
    }

    package func delete(_ id: BindleID) throws(StoreError) {
        try changing { () throws(StoreError) in try remove(id) }
    }

    package func yank(_ id: BindleID) throws(StoreError) {
        try changing { () throws(StoreError) in
            var invoice = try find(id).invoice
            guard !invoice.isYanked else { return }
            invoice.isYanked = true
            try put(invoice, replacing: true)
        }
    }

    package func upload(
        _ digest: String, to id: BindleID, includingYanked: Bool
    ) throws(StoreError) -> ParcelUpload {
        let bindle = try find(id)
        guard includingYanked || !bindle.invoice.isYanked else { throw .yanked(id) }
        guard let key = SHA256Digest(hex: digest), let label = bindle.invoice.label(of: digest) else {
            throw .notInInvoice(id, digest: digest)
        }
        guard !Self.hasParcel(label, of: bindle) else { throw .parcelExists(id, digest: digest) }
        let sink = try ReferenceParcelSink(self, id: id, label: label)
        return ParcelUpload(id: id, digest: key, size: label.size, sink: sink)
    }
}
