import HTTP
import Platform

extension BindleClient {
    /// Pushes a standalone bindle.
    /// - Returns: The labels of the parcels that were uploaded.
    @discardableResult
    package func push(_ bindle: StandaloneBindle, options: PushOptions = PushOptions()) throws(PushError) -> PushResult
    {
        try push(bindle.invoice, options: options) { label in
            let path = bindle.parcelPath(label.sha256)
            return FileStatus(path: path) != nil
                ? .parcelFile(path: path) : .absent("\(path) is not there either")
        }
    }

    /// Pushes a bindle: hands its invoice in, and uploads those parcels that the server does not have, over several
    /// connections.
    ///
    /// Where the invoice is there already with the same content, only what is missing is uploaded; so a push that was
    /// interrupted goes on where it stopped.
    /// - Parameter content: Where the bytes of a parcel are; asked for those that are missing.
    @discardableResult
    package func push(
        _ invoice: Invoice, options: PushOptions = PushOptions(), content: (Label) -> ParcelContent
    ) throws(PushError) -> PushResult {
        // Parcels of one content are sent once, whatever names they have.
        var seen = Set<String>()
        let offer = try offer(invoice)
        let missing = offer.missing.filter { seen.insert($0.sha256).inserted }
        let sources = try sources(of: missing, in: invoice, content)
        // From here on, a server that cannot be connected to is one that was there a moment ago.
        var acquainted = self
        acquainted.retries.includesConnecting = true
        let uploads = ParcelUploads(client: acquainted, id: invoice.id, sources: sources, observe: options.progress)
        let conflicts = try uploads.run(connections: options.connections)
        if !conflicts.isEmpty { try acquainted.settle(conflicts, of: invoice, content, options) }
        return PushResult(sent: missing, hasReplaced: offer.hasReplaced)
    }

    /// Where the bytes of parcels are, the largest first, so that no connection is left with one at the end.
    private func sources(
        of labels: [Label], in invoice: Invoice, _ content: (Label) -> ParcelContent
    ) throws(PushError) -> [ParcelUploads.Source] {
        var sources: [ParcelUploads.Source] = []
        for label in labels {
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
        return sources.sorted { $0.label.size > $1.label.size }
    }

    /// How often a parcel that the server lacks and refuses is offered.
    private static let settlingAttempts = 4

    /// Finds out what has become of parcels that the server said it has, or somebody is sending.
    ///
    /// The reference server says so for ever of a parcel whose upload was broken off. So its word for what it lacks is what
    /// counts (never HEAD, which it answers with 200 always), and a parcel that it goes on lacking, and goes on refusing,
    /// is an error.
    private func settle(
        _ conflicts: [Label], of invoice: Invoice, _ content: (Label) -> ParcelContent, _ options: PushOptions
    ) throws(PushError) {
        var attempt = 1
        while true {
            let missing: [Label]
            do { missing = try missingParcels(of: invoice.id) } catch { throw .request(error) }
            guard !missing.isEmpty else { return }
            guard attempt < Self.settlingAttempts else {
                throw .stuck(invoice.id, missing.compactMap { invoice.label(of: $0.sha256) })
            }
            // Whoever is sending them may need a moment.
            retries.wait(before: attempt, asked: nil)
            attempt += 1
            let again = ParcelUploads(
                client: self, id: invoice.id, sources: try sources(of: missing, in: invoice, content),
                observe: nil)
            _ = try again.run(connections: options.connections)
        }
    }

    /// Hands an invoice in.
    /// - Returns: The labels of the parcels that the server lacks, and whether another bindle had the ID.
    private func offer(_ invoice: Invoice) throws(PushError) -> (missing: [Label], hasReplaced: Bool) {
        // That there is no server at all should be said at once.
        var newcomer = self
        newcomer.retries.includesConnecting = false
        do {
            let creation = try newcomer.create(invoice)
            return (creation.missing, creation.effect == .replaced)
        } catch  where error.status == .conflict {
            let present: Invoice
            do { present = try self.invoice(invoice.id, includingYanked: true) } catch { throw .request(error) }
            guard present.hasSameContent(as: invoice) else { throw .taken(invoice.id) }
            guard !present.isYanked else { throw .yanked(invoice.id) }
            do { return (try missingParcels(of: invoice.id), false) } catch { throw .request(error) }
        } catch {
            throw Self.refusal(error, of: invoice)
        }
    }

    /// What a server's refusal of an invoice means.
    private static func refusal(_ error: BindleClientError, of invoice: Invoice) -> PushError {
        guard let status = error.status, (400..<500).contains(status.code), status != .unauthorized,
            let message = error.message?.lowercased(),
            ["signature", "signed", "verif", "known key", "keyring"].contains(where: message.contains)
        else { return .request(error) }
        return .signaturesRefused(error, isSigned: !invoice.signatures.isEmpty)
    }
}

/// What a push has come to.
package struct PushResult: Hashable, Sendable {
    /// The labels of the parcels that were uploaded, each digest once.
    package let sent: [Label]
    /// Whether the server had another bindle of the same ID, which is gone, and said so.
    package let hasReplaced: Bool
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
    /// A file of a standalone bindle, which is called by its digest.
    case parcelFile(path: String)
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
    /// A file of a standalone bindle does not have the content that it is called by.
    case misnamed(path: String)
    /// The server lacks these parcels, and refuses them: it takes them for being sent by somebody else.
    case stuck(BindleID, [Label])
    /// The server does not take the invoice for its signatures, or for want of them.
    case signaturesRefused(BindleClientError, isSigned: Bool)
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
        case .misnamed(let path):
            "the content of \(path) does not have the digest that the file is called by: it is damaged, and has to be "
                + "made or fetched again"
        case .stuck(let id, let labels):
            "the server does not have \(Self.names(labels)) of \(id), and does not take it: an upload of it was broken "
                + "off before, and the server waits for its end. Push under another version, or ask the server's "
                + "administrator to remove what is left of the upload"
        case .signaturesRefused(let error, isSigned: false):
            "\(error). The invoice is not signed: push with --sign, and give what 'hippo-dev bindle keys print' shows to "
                + "the server's administrator, for its keyring"
        case .signaturesRefused(let error, isSigned: true):
            "\(error). The server has to know the key of each signature: give what 'hippo-dev bindle keys print' shows to "
                + "its administrator, for its keyring"
        case .taken(let id):
            "the server has another bindle \(id), and keeps it; push under another version"
        case .yanked(let id): "the server has \(id), and it was yanked; push under another version"
        }
    }
}

extension PushError {
    private static func names(_ labels: [Label]) -> String {
        let names = labels.prefix(3).map { "'\($0.name)'" }.joined(separator: ", ")
        return (labels.count == 1 ? "the parcel \(names)" : "the parcels \(names)")
            + (labels.count > 3 ? " and \(labels.count - 3) more" : "")
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
