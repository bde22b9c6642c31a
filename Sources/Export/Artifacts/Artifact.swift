package import Bindle
import Content

/// An application as archives that are unpacked into one directory: its modules, its wwwroot, and a `modules.toml`.
///
/// The same application gives the same bytes on every machine. See <doc:Export>.
package struct Artifact: Sendable {
    /// So many entries of one archive Nomad's client unpacks, directories counted (4,096 fail).
    package static let entryLimit = 4095

    /// A file of it.
    struct File: Sendable {
        enum Source: Sendable {
            case bytes([UInt8])
            case content(ContentFile, name: String)
        }

        let path: RelativePath
        let source: Source

        var size: Int {
            switch source {
            case .bytes(let bytes): bytes.count
            case .content(let file, _): file.size
            }
        }
    }

    package let id: BindleID
    /// The files of each archive, in the order in which it has them.
    let parts: [[File]]
    let content: any ContentSource

    /// - Parameter entryLimit: How many entries an archive may have, at least as many as the deepest file needs.
    package init(_ app: ExportedApp, entryLimit: Int = Artifact.entryLimit) throws(ExportError) {
        let labels = app.handlers.map(\.label)
        let modules = try ModulePaths(labels).paths
        let document = try ModulesDocument(app, modules: modules)
        var files = [File(path: try Self.path(ModulesDocument.name), source: .bytes(Array(document.text.utf8)))]
        var seen: Set<RelativePath> = []
        for (label, path) in zip(labels, modules) where seen.insert(path).inserted {
            guard let file = ContentFile(label, modificationTime: 0) else {
                throw ExportError("the module '\(label.name)' has no digest")
            }
            files.append(File(path: path, source: .content(file, name: label.name)))
        }
        for (path, file) in app.files {
            files.append(
                File(
                    path: try Self.path("\(ModulesDocument.wwwroot)/\(path)"),
                    source: .content(file, name: path.string)))
        }
        id = app.id
        content = app.content
        parts = Self.divided(files.sorted { $0.path < $1.path }, entryLimit)
    }

    private static func path(_ text: String) throws(ExportError) -> RelativePath {
        guard let path = RelativePath(validating: text) else { throw ExportError("'\(text)' is no path in an archive") }
        return path
    }

    /// Puts as many files into each archive as go into it with their directories.
    private static func divided(_ files: [File], _ limit: Int) -> [[File]] {
        var parts: [[File]] = [[]]
        var directories: Set<RelativePath> = []
        for file in files {
            let ancestors = file.path.ancestors
            let added = 1 + ancestors.count { !directories.contains($0) }
            if parts[parts.count - 1].count + directories.count + added > limit, !parts[parts.count - 1].isEmpty {
                parts.append([])
                directories = []
            }
            parts[parts.count - 1].append(file)
            directories.formUnion(ancestors)
        }
        return parts
    }

    /// How many archives it takes.
    package var partCount: Int { parts.count }

    /// How many files all archives have.
    package var fileCount: Int { parts.reduce(0) { $0 + $1.count } }

    /// The bytes of all files.
    package var size: Int { parts.joined().reduce(0) { $0 + $1.size } }

    /// A name for an archive's file: `NAME-VERSION.tar.gz`, and `NAME-VERSION.part2.tar.gz` for the second of several.
    package static func fileName(_ id: BindleID, part: Int) -> String {
        let name = String(id.name.map { $0 == "/" ? "-" : $0 })
        return partPath("\(name)-\(id.version).tar.gz", part: part)
    }

    /// The path of the archive `part`, counted from 1, of several whose first one is at `path`, which ends in `.tar.gz`.
    package static func partPath(_ path: String, part: Int) -> String {
        part == 1 ? path : "\(path.dropLast(".tar.gz".count)).part\(part).tar.gz"
    }
}
