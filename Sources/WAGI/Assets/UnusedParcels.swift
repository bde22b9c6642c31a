import Platform

/// What a cache holds beyond the parcels of one application.
struct UnusedParcels: Sendable {
    let directory: String
    /// The digests of the parcels that stay.
    let used: Set<String>
    /// Younger files stay: another process may be about to use them, or an edit may be taken back.
    private static let minimumAge = Duration.seconds(600)

    func remove() {
        let limit = SystemTime().nanosecondsSince1970 - Self.minimumAge.nanoseconds
        for name in (try? Directories.names(in: directory)) ?? [] where !used.contains(name) {
            let path = "\(directory)/\(name)"
            guard let status = FileStatus(linkAt: path), status.isRegular, status.identity.modificationTime < limit
            else { continue }
            unlink(path)
        }
    }
}
