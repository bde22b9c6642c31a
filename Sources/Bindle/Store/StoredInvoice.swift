import Cryptography

/// What tells an invoice from every other that a store has or has had, whatever its content.
package struct InvoiceStamp: Hashable, Sendable {
    /// Counts the files that have stood at the store's path.
    package let file: Int
    /// The number of the bindle.
    package let bindle: Int64
    /// Counts the changes of its invoice.
    package let state: Int64
    package let isYanked: Bool

    package init(file: Int, bindle: Int64, state: Int64, isYanked: Bool) {
        self.file = file
        self.bindle = bindle
        self.state = state
        self.isYanked = isYanked
    }
}

/// An invoice as a store has it.
package struct StoredInvoice: Hashable, Sendable {
    /// The invoice in TOML, as `Invoice.encoded(as:)` writes it: the same bytes each time.
    package let text: [UInt8]
    /// Where what follows the list of parcels begins in `text`: groups and signatures.
    package let tailStart: Int
    /// The digests of the parcels, in their order; `nil` if one is malformed, so that no host can sign for it.
    package let digests: [SHA256Digest]?
    /// When the newest of its parcels came under its name, in nanoseconds since 1970; 0 where it has none.
    package let time: Int64

    package init(text: [UInt8], tailStart: Int, digests: [SHA256Digest]?, time: Int64) {
        self.text = text
        self.tailStart = tailStart
        self.digests = digests
        self.time = time
    }
}

/// A bindle in the list of those that a store has.
package struct BindleListing: Hashable, Sendable {
    package let id: BindleID
    /// The number of the bindle, by which `BindleStorage.numbers(matching:)` names it.
    package let number: Int64
    package let isYanked: Bool

    package init(id: BindleID, number: Int64, isYanked: Bool) {
        self.id = id
        self.number = number
        self.isYanked = isYanked
    }
}
