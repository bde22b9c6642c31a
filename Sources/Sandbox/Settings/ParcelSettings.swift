package import Bindle

/// Where the parcels of a store are to be, as far as somebody has said.
package struct ParcelSettings: Hashable, Sendable {
    package var location: ParcelLocation
    /// The bytes of a blob store's parcels on this machine; by default a GiB.
    package var cacheLimit: Int?
    /// Whether no other store uses the place.
    package var isOwn: Bool

    package init(location: ParcelLocation, cacheLimit: Int? = nil, isOwn: Bool = false) {
        self.location = location
        self.cacheLimit = cacheLimit
        self.isOwn = isOwn
    }

    /// What a store is told, with the credentials of this process's environment.
    package var storage: ParcelStorage {
        var storage = ParcelStorage(location)
        if let cacheLimit { storage.cacheLimit = cacheLimit }
        storage.isOwn = isOwn
        return storage
    }
}
