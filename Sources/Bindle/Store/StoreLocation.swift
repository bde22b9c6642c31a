import Platform

/// Where a whole store is, and of what kind it is, as people write it.
package enum StoreLocation: Hashable, Sendable, CustomStringConvertible {
    /// This program's own: the path of an SQLite file.
    case embedded(String)
    /// The data directory of a reference server.
    case reference(String)

    /// Reads the path of a file, or `dir:PATH` for the data directory of a reference server. A path alone means such a
    /// directory, too, where there is one.
    package init(parsing text: String) {
        let prefix = "dir:"
        if text.hasPrefix(prefix), text.count > prefix.count {
            self = .reference(String(text.dropFirst(prefix.count)))
        } else {
            self = ReferenceDirectory.isOne(text) ? .reference(text) : .embedded(text)
        }
    }

    package var path: String {
        switch self {
        case .embedded(let path), .reference(let path): path
        }
    }

    package var description: String { path }

    /// Opens the store, made if there is none.
    /// - Parameters:
    ///   - parcels: Where an embedded store's parcels are to be; `nil` for where they are.
    ///   - hostKey: The key that signs as host what goes into a reference server's directory. An embedded store's invoices
    ///     are signed when they are given out.
    package func open(parcels: ParcelStorage? = nil, hostKey: HostKey? = nil) throws(StoreError) -> any BindleStorage {
        switch self {
        case .embedded(let path): return try BindleStore(path: path, parcels: parcels)
        case .reference(let path):
            let directory = ReferenceDirectory(path, hostKey: hostKey)
            try directory.make()
            return directory
        }
    }
}
