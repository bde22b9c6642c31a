import Bindle
import Content
import Cryptography
import Hippofacts
import Platform
import Sandbox

/// The contents of a project that was expanded, where they are: in its files, in memory, and those of external bindles
/// wherever they are found.
struct ExpansionContent: ContentSource {
    private let expansion: Expansion
    private let externals: ProjectExternals
    /// Takes contents of external bindles that are in no file.
    private let place: TemporaryPlace

    init(_ expansion: Expansion, externals: ProjectExternals, place: TemporaryPlace) {
        self.expansion = expansion
        self.externals = externals
        self.place = place
    }

    func open(_ file: ContentFile, named name: String) throws(ContentError) -> OpenContent {
        let label = Label(sha256: file.digest.hex, mediaType: file.mediaType, name: name, size: file.size)
        switch expansion.sources[label] {
        case .bytes(let bytes): return OpenContent(bytes)
        case .file(let path, let identity): return try open(path, file, identity, name)
        case nil: break
        }
        guard let parcel = expansion.externalParcels.first(where: { $0.label.sha256 == label.sha256 }),
            let content = try? externals.content(of: parcel, in: place.path)
        else { throw .gone(name: name) }
        switch content {
        case .bytes(let bytes): return OpenContent(bytes)
        case .file(let path), .parcelFile(let path): return try open(path, file, nil, name)
        case .absent: throw .gone(name: name)
        }
    }

    /// Opens a file that has the content.
    ///
    /// - Parameter identity: the file's when its digest was computed. One that is another now is read once more.
    private func open(
        _ path: String, _ file: ContentFile, _ identity: FileIdentity?, _ name: String
    ) throws(ContentError) -> OpenContent {
        // A name that has become a FIFO must not make this wait.
        let descriptor = Platform.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { throw .gone(name: name) }
            throw .unreadable(name: name, code: errno)
        }
        let content = OpenContent(adopting: descriptor, of: file, owner: .people)
        try content.verify(known: identity, named: name)
        return content
    }
}
