/// The list of what a bindle contains: its name and version, its parcels, and how they hang together.
///
/// An invoice read from TOML or JSON has the right shape; what else a new one must not have is what ``validate()`` says,
/// and what is odd about it ``oddities``. See `InvoiceEncoding` for reading and writing.
package struct Invoice: Hashable, Sendable {
    /// The version of the format that this implementation reads and writes.
    package static let supportedBindleVersion = "1.0.0"

    package var bindleVersion: String
    /// Whether the bindle has been withdrawn: it is still there for those that know it, and no longer offered.
    package var isYanked: Bool
    package var yankedSignatures: [Signature]
    package var bindle: Description
    package var annotations: [String: String]
    package var parcels: ParcelList
    package var groups: [Group]
    package var signatures: [Signature]

    /// The `[bindle]` table: what the bindle is.
    package struct Description: Hashable, Sendable {
        package var id: BindleID
        package var description: String?
        package var authors: [String]

        package init(id: BindleID, description: String? = nil, authors: [String] = []) {
            self.id = id
            self.description = description
            self.authors = authors
        }
    }

    package init(
        bindle: Description, annotations: [String: String] = [:], parcels: some Sequence<Parcel> = [],
        groups: [Group] = [],
        signatures: [Signature] = []
    ) {
        self.bindleVersion = Self.supportedBindleVersion
        self.isYanked = false
        self.yankedSignatures = []
        self.bindle = bindle
        self.annotations = annotations
        self.parcels = ParcelList(parcels)
        self.groups = groups
        self.signatures = signatures
    }

    package var id: BindleID { bindle.id }

    /// The label of the first parcel with this digest.
    package func label(of digest: String) -> Label? {
        parcels.first { $0.label.sha256 == digest }?.label
    }

    /// The labels of its parcels, each digest once, in the order of the invoice.
    package var distinctLabels: [Label] {
        var seen = Set<String>()
        return parcels.compactMap { seen.insert($0.label.sha256).inserted ? $0.label : nil }
    }
    /// The bytes of its parcels, each digest once, as their labels say; the largest number where they say more than that.
    package var size: Int { distinctLabels.reduce(0) { $0.addingSaturating(max(0, $1.size)) } }
}
