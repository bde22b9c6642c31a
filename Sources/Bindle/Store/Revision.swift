import Platform

/// A bindle as a sandbox has made it at some time.
package struct Revision: Hashable, Sendable {
    /// Counts all revisions of a store, from 1 on. No number is used twice.
    package let number: Int
    package let id: BindleID
    /// When it was made: milliseconds since 1970.
    package let time: Int64
    /// The revision whose content this one brought back.
    package let restores: Int?
    /// Whether it has been served: one that has not may be unable to run.
    package let hasServed: Bool
}

/// A revision as lists tell of it.
package struct RevisionSummary: Hashable, Sendable {
    package let revision: Revision
    package let parcelCount: Int
    /// The bytes of all parcels, each digest once.
    package let size: Int
}

/// What lies between two revisions.
package struct RevisionComparison: Hashable, Sendable {
    /// Parcels of the first that the second does not have, in their order.
    package let removed: [Parcel]
    /// Parcels of the second that the first does not have, in their order.
    package let added: [Parcel]
    /// Whether something else differs: the ID, description, authors, annotations, groups or signatures.
    package let isFrameDifferent: Bool
}
