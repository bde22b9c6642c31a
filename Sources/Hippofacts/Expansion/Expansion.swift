package import Bindle
package import Content
package import Platform
package import TOML

/// A project as a bindle: the invoice, and where the bytes of its parcels are.
package struct Expansion: Sendable {
    package let invoice: Invoice
    /// Where the parcels are. Those of external bindles are not here: they are in the store that the external invoice came
    /// from.
    package let sources: ParcelSources
    /// The parcels of external bindles, by the labels that they have there.
    package let externalParcels: [ExternalParcel]
    /// What is not wrong, and yet hardly meant.
    package let warnings: [Warning]
    /// The directories in which files were looked for, relative to the project's, which is the empty path.
    package let directories: [String]
    /// What it takes to bring it up to date.
    let files: ProjectFiles

    package enum ParcelSource: Hashable, Sendable {
        /// The file at this path, as it was when it had this identity.
        case file(path: String, identity: FileIdentity)
        /// Bytes that are in no file, such as those of an assembled module.
        case bytes([UInt8])
    }

    package struct ExternalParcel: Hashable, Sendable {
        package let bindle: BindleID
        package let label: Label
    }

    package struct Warning: Hashable, Sendable, CustomStringConvertible {
        package let file: String
        package let position: SourcePosition?
        package let message: String

        package var description: String {
            position.map { "\(file):\($0.line):\($0.column): \(message)" } ?? "\(file): \(message)"
        }
    }
}

/// What an expansion needs to know of the world.
package struct ExpansionOptions: Sendable {
    package var versionMode: VersionMode
    /// The versions that the target store has of the bindle of this name; asked for `1.2.*` only.
    package var knownVersions: @Sendable (_ name: String) throws -> [SemanticVersion]
    /// The invoice of an external bindle, even when it is yanked.
    package var externalInvoice: @Sendable (BindleID) throws -> Invoice
    /// What is said of handlers outside of HIPPOFACTS.
    package var handlers = HandlerSettings()
    /// Patterns of files that are left out though HIPPOFACTS names them, and of directories with all that is in them.
    package var excludedFiles: [GlobPattern] = []
    /// What makes the modules, for what is said of one that does not exist.
    package var build = ModuleBuild.absent

    package init(
        versionMode: VersionMode = .asWritten,
        knownVersions: @escaping @Sendable (_ name: String) throws -> [SemanticVersion] = { _ in [] },
        externalInvoice: @escaping @Sendable (BindleID) throws -> Invoice = { throw NoExternalBindles(id: $0) }
    ) {
        self.versionMode = versionMode
        self.knownVersions = knownVersions
        self.externalInvoice = externalInvoice
    }
}

/// An external bindle is named where none can be looked up.
package struct NoExternalBindles: Error, CustomStringConvertible {
    package let id: BindleID

    package init(id: BindleID) {
        self.id = id
    }

    package var description: String { "no Bindle store is at hand to look up \(id) in" }
}

extension Hippofacts {
    /// What an expansion reads, for whoever wants to know when to expand again.
    package var dependencies: Dependencies {
        Dependencies(
            file: RelativePath(
                validating: file.utf8.split(separator: UInt8(ascii: "/")).last.map(Self.text) ?? "HIPPOFACTS"),
            modules: Set(
                entries.compactMap { entry in
                    if case .local(let path) = entry.module, entry.ascent == 0 { path } else { nil }
                }),
            modulesAbove: ascents,
            patterns: Array(Set(entries.flatMap { $0.files.map(\.glob) })))
    }

    private static func text(_ bytes: Substring.UTF8View) -> String { String(Substring(bytes)) }

    package struct Dependencies: Hashable, Sendable {
        /// The name of the HIPPOFACTS file.
        package let file: RelativePath?
        /// Paths of modules, relative to the project's directory.
        package let modules: Set<RelativePath>
        /// The names of modules outside of the project's directory, and how many directories above it their paths begin.
        package let modulesAbove: [RelativePath: Int]
        /// Patterns of files.
        package let patterns: [GlobPattern]

        /// Whether a change of the file at `path`, relative to the project's directory, bears on the expansion.
        package func contain(_ path: RelativePath) -> Bool {
            if path == file || modules.contains(path) { return true }
            guard !path.components.contains(where: Self.isSkipped) else { return false }
            let isEditors = EditorFiles.contain(path)
            return patterns.contains { (!isEditors || $0.namesFile) && $0.matches(path) }
        }

        /// Whether something below the directory at `path`, relative to the project's (`nil`: itself), can bear on the
        /// expansion.
        package func reach(_ path: RelativePath?) -> Bool {
            guard let path else { return true }
            if modules.contains(where: { path.isAbove($0) }) { return true }
            guard !path.components.contains(where: Self.isSkipped) else { return false }
            return patterns.contains { $0.mayMatch(below: path) }
        }

        private static func isSkipped(_ name: Substring) -> Bool {
            name.utf8.elementsEqual(".git".utf8) || name.utf8.elementsEqual(".hippo".utf8)
        }
    }
}

extension RelativePath {
    /// Whether the other path is below the directory that this is the path of.
    package func isAbove(_ other: RelativePath) -> Bool {
        withUTF8 { own in
            other.withUTF8 { other in
                other.count > own.count && other[own.count] == UInt8(ascii: "/") && other.starts(with: own)
            }
        }
    }
}
