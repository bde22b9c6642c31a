import HTTP
import Platform

extension BindleClient {
    /// Pushes a standalone bindle.
    /// - Returns: The labels of the parcels that were uploaded.
    @discardableResult
    package func push(_ bindle: StandaloneBindle, options: PushOptions = PushOptions()) throws(PushError) -> [Label] {
        try push(bindle.invoice, options: options) { label in
            let path = bindle.parcelPath(label.sha256)
            return FileStatus(path: path) != nil
                ? .file(path: path) : .absent("\(path) is not there either")
        }
    }

    /// Pushes a bindle: hands its invoice in, and uploads those parcels that the server does not have, over several
    /// connections.
    ///
    /// Where the invoice is there already with the same content, only what is missing is uploaded; so a push that was
    /// interrupted goes on where it stopped.
    /// - Parameter content: Where the bytes of a parcel are; asked for those that are missing.
    /// - Returns: The labels of the parcels that were uploaded, each digest once.
    @discardableResult
    package func push(
        _ invoice: Invoice, options: PushOptions = PushOptions(), content: (Label) -> ParcelContent
    ) throws(PushError) -> [Label] {
        // Parcels of one content are sent once, whatever names they have.
        var seen = Set<String>()
        let missing = try offer(invoice).filter { seen.insert($0.sha256).inserted }
        var sources: [(label: Label, content: ParcelContent)] = []
        for label in missing {
            // The server's word is not taken for what a parcel is, only for which ones it lacks.
            guard let own = invoice.label(of: label.sha256) else {
                throw .request(
                    .malformed(
                        method: "POST", url: "\(baseURL)/_i",
                        problem: "it lacks the parcel '\(label.name)', which is not in the invoice"))
            }
            let source = content(own)
            if case .absent(let reason) = source { throw .parcelAbsent(own, reason: reason) }
            sources.append((own, source))
        }
        // The largest first, so that no connection is left with one at the end.
        sources.sort { $0.label.size > $1.label.size }
        // From here on, a server that cannot be connected to is one that was there a moment ago.
        var acquainted = self
        acquainted.retries.includesConnecting = true
        let uploads = ParcelUploads(client: acquainted, id: invoice.id, sources: sources, observe: options.progress)
        try uploads.run(connections: options.connections)
        return missing
    }

    /// Hands an invoice in.
    /// - Returns: The labels of the parcels that the server lacks.
    private func offer(_ invoice: Invoice) throws(PushError) -> [Label] {
        // That there is no server at all should be said at once.
        var newcomer = self
        newcomer.retries.includesConnecting = false
        do {
            return try newcomer.create(invoice).missing
        } catch  where error.status == .conflict {
            let present: Invoice
            do { present = try self.invoice(invoice.id, includingYanked: true) } catch { throw .request(error) }
            guard present.hasSameContent(as: invoice) else { throw .taken(invoice.id) }
            guard !present.isYanked else { throw .yanked(invoice.id) }
            do { return try missingParcels(of: invoice.id) } catch { throw .request(error) }
        } catch {
            throw .request(error)
        }
    }
}

/// How a bindle is pushed.
package struct PushOptions: Sendable {
    /// How many parcels are sent at a time.
    package var connections: Int
    /// Told of all progress, on any thread.
    package var progress: (@Sendable (PushProgress) -> Void)?

    package init(connections: Int = 4, progress: (@Sendable (PushProgress) -> Void)? = nil) {
        self.connections = connections
        self.progress = progress
    }
}

/// How far a push is. Counts only what the server was missing.
package struct PushProgress: Hashable, Sendable {
    package internal(set) var finishedParcels = 0
    package internal(set) var sentBytes: Int64 = 0
    package internal(set) var totalParcels = 0
    package internal(set) var totalBytes: Int64 = 0
}

/// Where the bytes of a parcel are.
package enum ParcelContent: Hashable, Sendable {
    case file(path: String)
    case bytes([UInt8])
    /// Not at hand, for this reason, which ends a sentence.
    case absent(String)
}

/// Why a push failed. Doing it again goes on where it stopped.
package enum PushError: Error, CustomStringConvertible {
    case request(BindleClientError)
    /// The server lacks a parcel whose bytes are not at hand either.
    case parcelAbsent(Label, reason: String)
    case unreadable(path: String, detail: String)
    /// The file is not what it was when its digest was taken.
    case changed(path: String)
    /// The server has another bindle of this ID, and does not replace it.
    case taken(BindleID)
    /// The server has this bindle, and it was withdrawn.
    case yanked(BindleID)

    package var description: String {
        switch self {
        case .request(let error): error.description
        case .parcelAbsent(let label, let reason):
            "the server does not have the parcel '\(label.name)', and \(reason)"
        case .unreadable(let path, let detail): "cannot read \(path): \(detail)"
        case .changed(let path): "\(path) has changed since its digest was taken; push again"
        case .taken(let id):
            "the server has another bindle \(id), and keeps it; push under another version"
        case .yanked(let id): "the server has \(id), and it was yanked; push under another version"
        }
    }
}

extension Invoice {
    /// Whether two invoices describe the same bindle: signatures and yanking aside, and whether what goes without
    /// saying is said.
    package func hasSameContent(as other: Invoice) -> Bool { withoutAccidentals == other.withoutAccidentals }

    private var withoutAccidentals: Invoice {
        var copy = self
        copy.signatures = []
        copy.yankedSignatures = []
        copy.isYanked = false
        for index in copy.parcels.indices where copy.parcels[index].conditions == Conditions() {
            copy.parcels[index].conditions = nil
        }
        for index in copy.groups.indices where copy.groups[index].satisfiedBy == nil {
            copy.groups[index].satisfiedBy = .allOf
        }
        return copy
    }
}
