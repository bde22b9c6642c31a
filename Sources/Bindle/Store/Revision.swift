import Foundation

/// A bindle as a sandbox has made it at some time.
public struct Revision: Hashable, Sendable {
    /// Counts all revisions of a store, from 1 on. No number is used twice.
    public let number: Int
    public let id: BindleID
    public let date: Date
    /// The revision whose content this one brought back.
    public let restores: Int?
    /// Whether it has been served: one that has not may be unable to run.
    public let hasServed: Bool
}

/// A revision as lists tell of it.
public struct RevisionSummary: Hashable, Sendable {
    public let revision: Revision
    public let parcelCount: Int
    /// The bytes of all parcels, each digest once.
    public let size: Int
}

/// What lies between two revisions.
public struct RevisionComparison: Hashable, Sendable {
    /// Parcels of the first that the second does not have, in their order.
    public let removed: [Parcel]
    /// Parcels of the second that the first does not have, in their order.
    public let added: [Parcel]
    /// Whether something else differs: the ID, description, authors, annotations, groups or signatures.
    public let isFrameDifferent: Bool
}
