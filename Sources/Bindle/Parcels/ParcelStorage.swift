package import BlobStorage
import Platform

/// Where and how a store keeps the bytes of its parcels.
package struct ParcelStorage: Sendable {
    package var location: ParcelLocation
    /// The bytes of the parcels of a blob store that are kept on this machine, too, at most.
    package var cacheLimit = usualCacheLimit
    /// Whether parcels that nothing in the store names any more are removed from a place that others may use as well.
    package var isOwn = false
    /// Has the credentials for a blob store.
    package var environment: [String: String]
    /// How often a blob store is asked.
    package var retry = BlobRetry()

    /// A GiB.
    package static let usualCacheLimit = 1 << 30

    package init(_ location: ParcelLocation, environment: [String: String] = ProcessEnvironment.all) {
        self.location = location
        self.environment = environment
    }
}
