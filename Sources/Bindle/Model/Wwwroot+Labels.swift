package import Content
import Cryptography

extension ContentFile {
    /// What a label says of a file's content; `nil` if its digest is malformed, which validation finds.
    package init?(_ label: Label, modificationTime: Int64) {
        guard let digest = SHA256Digest(hex: label.sha256) else { return nil }
        self.init(digest: digest, size: label.size, mediaType: label.mediaType, modificationTime: modificationTime)
    }
}

/// Why the files of a bindle make no wwwroot.
package struct AssetError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, in a sentence without a full stop.
    package let description: String
}

extension Wwwroot {
    /// The files of a bindle as a wwwroot has them.
    ///
    /// - Parameter time: when the content of a file came under its name, in nanoseconds since 1970.
    /// - Throws: `AssetError` for a name that would leave the wwwroot.
    package static func files(
        of assets: [Label], in id: BindleID, time: (Label) -> Int64
    ) throws(AssetError) -> [(path: RelativePath, file: ContentFile)] {
        var files: [(path: RelativePath, file: ContentFile)] = []
        files.reserveCapacity(assets.count)
        for label in assets {
            guard let path = RelativePath(normalizing: label.name) else {
                throw AssetError(
                    description: "the bindle \(id) has an asset that would leave the wwwroot: "
                        + label.name.debugDescription)
            }
            guard let file = ContentFile(label, modificationTime: time(label)) else {
                throw AssetError(
                    description: "the bindle \(id) has an asset without a digest: \(label.name.debugDescription)")
            }
            files.append((path, file))
        }
        return files
    }
}

extension AssetError {
    /// The same as `error`, said of a bindle.
    package init(_ error: WwwrootError, in id: BindleID) {
        description =
            switch error {
            case .twoContents(let path):
                "the bindle \(id) has two assets named '\(path)' with different contents: a name can stand for one file only"
            case .fileIsDirectory(let path): "the bindle \(id) has an asset '\(path)', which is a directory of another"
            case .unusable(let error): "the wwwroot of the bindle \(id) cannot be made: \(error)"
            }
    }
}
