import Foundation

/// What a cache holds beyond the parcels of one application.
struct UnusedParcels: Sendable {
    let directory: String
    /// The digests of the parcels that stay.
    let used: Set<String>
    /// Younger files stay: another process may be about to use them, or an edit may be taken back.
    private static let minimumAge: TimeInterval = 600

    func remove() {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: directory)) ?? [] where !used.contains(name) {
            let path = "\(directory)/\(name)"
            guard let attributes = try? files.attributesOfItem(atPath: path),
                attributes[.type] as? FileAttributeType == .typeRegular,
                let modified = attributes[.modificationDate] as? Date, -modified.timeIntervalSinceNow > Self.minimumAge
            else { continue }
            unlink(path)
        }
    }
}
