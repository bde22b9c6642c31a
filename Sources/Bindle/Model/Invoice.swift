/// The list of what a bindle contains: its name and version, its parcels, and how they hang together.
///
/// An invoice read from TOML or JSON has the right shape; whether it also makes sense (digests, groups, cycles) is
/// what ``validate()`` says. See `InvoiceEncoding` for reading and writing.
public struct Invoice: Hashable, Sendable {
    /// The version of the format that this implementation reads and writes.
    public static let supportedBindleVersion = "1.0.0"

    public var bindleVersion: String
    /// Whether the bindle has been withdrawn: it is still there for those that know it, and no longer offered.
    public var isYanked: Bool
    public var yankedSignatures: [Signature]
    public var bindle: Description
    public var annotations: [String: String]
    public var parcels: [Parcel]
    public var groups: [Group]
    public var signatures: [Signature]

    /// The `[bindle]` table: what the bindle is.
    public struct Description: Hashable, Sendable {
        public var id: BindleID
        public var description: String?
        public var authors: [String]

        public init(id: BindleID, description: String? = nil, authors: [String] = []) {
            self.id = id
            self.description = description
            self.authors = authors
        }
    }

    public init(
        bindle: Description, annotations: [String: String] = [:], parcels: [Parcel] = [], groups: [Group] = [],
        signatures: [Signature] = []
    ) {
        self.bindleVersion = Self.supportedBindleVersion
        self.isYanked = false
        self.yankedSignatures = []
        self.bindle = bindle
        self.annotations = annotations
        self.parcels = parcels
        self.groups = groups
        self.signatures = signatures
    }

    public var id: BindleID { bindle.id }

    /// The label of the first parcel with this digest.
    public func label(of digest: String) -> Label? {
        parcels.first { $0.label.sha256 == digest }?.label
    }

    /// The labels of its parcels, each digest once, in the order of the invoice.
    public var distinctLabels: [Label] {
        var seen = Set<String>()
        return parcels.compactMap { seen.insert($0.label.sha256).inserted ? $0.label : nil }
    }
}
