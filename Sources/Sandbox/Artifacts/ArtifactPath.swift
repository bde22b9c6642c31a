import Bindle
import Export
import HTTP

/// What a request below `/artifacts/` is for.
enum ArtifactPath: Hashable {
    /// An archive of an app.
    case app(BindleID)
    /// This program.
    case program
    /// The invoice of an app.
    case invoice(BindleID)
    /// A parcel of an app.
    case parcel(BindleID, sha256: String)

    static let prefix = "/artifacts/"
    private static let archive = ".tar.gz"
    private static let checksum = ".sha256"

    /// - Returns: what is meant, and whether it is the archive's checksum that is wanted; `nil` for what is nowhere.
    static func read(_ path: String) -> (path: ArtifactPath, isChecksum: Bool)? {
        guard path.hasPrefix(prefix), var text = PercentEncoding.decode(path)?.dropFirst(prefix.count) else {
            return nil
        }
        let isChecksum = text.hasSuffix(archive + checksum)
        if isChecksum { text = text.dropLast(checksum.count) }
        if text.hasSuffix(archive) {
            if text == ProgramArchive.name { return (.program, isChecksum) }
            return (try? BindleID(text.dropLast(archive.count))).map { (.app($0), isChecksum) }
        }
        guard let slash = text.lastIndex(of: "/"), let id = try? BindleID(text[..<slash]) else { return nil }
        let name = text[text.index(after: slash)...]
        if name == "invoice.toml" { return (.invoice(id), false) }
        guard name.hasSuffix(".parcel") else { return nil }
        return (.parcel(id, sha256: String(name.dropLast(".parcel".count))), false)
    }
}
