package import Bindle
import Content

/// Where the bytes of an expansion's parcels are.
package struct ParcelSources: Sendable {
    /// By their digests in hexadecimal: modules, and the files that an update has changed.
    private(set) var parcels: [String: Expansion.ParcelSource] = [:]
    /// The project's directory, in which files are found by their names.
    private let root: String
    private let files: FileDigests

    init(root: String, files: FileDigests = FileDigests()) {
        self.root = root
        self.files = files
    }

    mutating func add(_ digest: String, _ source: Expansion.ParcelSource) {
        parcels[digest] = source
    }

    /// Where the parcel with a label of the expansion's is; `nil` for those of external bindles.
    package subscript(label: Label) -> Expansion.ParcelSource? {
        if let source = parcels[label.sha256] { return source }
        guard let path = RelativePath(validating: label.name), let entry = files[path], entry.digest.hex == label.sha256
        else { return nil }
        return .file(path: "\(root)/\(path)", identity: entry.identity)
    }
}
