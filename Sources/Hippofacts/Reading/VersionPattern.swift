package import Bindle

/// The version in a HIPPOFACTS file: a version, or `1.2.*`, whose patch number is filled in.
package enum VersionPattern: Hashable, Sendable, CustomStringConvertible {
    case exact(SemanticVersion)
    case nextPatch(major: UInt64, minor: UInt64)

    /// Nil when the text is neither.
    package init?(_ text: String) {
        if let version = SemanticVersion(text) {
            self = .exact(version)
        } else if text.hasSuffix(".*"), let version = SemanticVersion(text.dropLast(2) + ".0"), version.build.isEmpty,
            version.prerelease.isEmpty
        {
            self = .nextPatch(major: version.major, minor: version.minor)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .exact(let version): version.description
        case .nextPatch(let major, let minor): "\(major).\(minor).*"
        }
    }

    /// The version itself; for `1.2.*`, the one after the highest patch number among those that are known.
    /// Nil when there is no higher number.
    package func resolved(known: () throws -> [SemanticVersion]) rethrows -> SemanticVersion? {
        switch self {
        case .exact(let version): return version
        case .nextPatch(let major, let minor):
            let patches = try known().filter { $0.major == major && $0.minor == minor }.map(\.patch)
            guard let highest = patches.max() else { return SemanticVersion(major, minor, 0) }
            return highest == .max ? nil : SemanticVersion(major, minor, highest + 1)
        }
    }
}

/// How the version of a bindle is made from that of its HIPPOFACTS file.
package enum VersionMode: Sendable {
    /// As written: for releases, and for sandboxes that overwrite.
    case asWritten
    /// `VERSION-USER-yyyyMMddHHmmssSSS`, unique to each build: the user's name, if there is one, and the time in
    /// milliseconds since 1970.
    case development(user: String?, milliseconds: Int64)

    func version(from version: SemanticVersion) -> SemanticVersion {
        guard case .development(let user, let milliseconds) = self else { return version }
        var parts: [String] = []
        if !version.prerelease.isEmpty {
            parts.append(version.prerelease.map(\.description).joined(separator: "."))
        }
        if let user, !user.isEmpty {
            parts.append(String(user.map { SemanticVersion("0.0.0-a\($0)") != nil && $0 != "." ? $0 : "-" }))
        }
        parts.append(timestamp(milliseconds))
        var text = "\(version.major).\(version.minor).\(version.patch)-\(parts.joined(separator: "-"))"
        if !version.build.isEmpty { text += "+" + version.build.joined(separator: ".") }
        // Hyphens join any identifiers to one that is valid, so that this is a version always.
        return SemanticVersion(text) ?? version
    }
}
