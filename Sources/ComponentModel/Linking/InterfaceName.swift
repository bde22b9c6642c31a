/// The name of an interface as an import or export has it: `wasi:io/streams@0.2.3` (Component Model, "Explainer.md",
/// "Import and Export Names").
package struct InterfaceName: Hashable, Sendable {
    /// Without the version.
    package let base: String
    package let version: String?

    package init(_ name: String) {
        guard let at = name.firstIndex(of: "@") else {
            base = name
            version = nil
            return
        }
        base = String(name[..<at])
        version = String(name[name.index(after: at)...])
    }

    /// Whether something of this name can be given where `wanted` is asked for: patch versions do not count, and minor
    /// versions only below 1.0 (Semantic Versioning 2.0.0). Versions before a release are compatible with themselves only.
    package func isCompatible(with wanted: InterfaceName) -> Bool {
        guard base == wanted.base else { return false }
        guard let wantedVersion = wanted.version, let version else { return true }
        if version == wantedVersion { return true }
        guard let own = Self.track(of: version), let other = Self.track(of: wantedVersion) else { return false }
        return own == other
    }

    /// What is the same in all compatible versions; nil for a version before a release, and for what is no version.
    private static func track(of version: String) -> [UInt64]? {
        // What follows a plus sign says how it was built.
        let release = version.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let numbers = release.split(separator: ".", omittingEmptySubsequences: false).map { UInt64($0) }
        guard numbers.count == 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else {
            return nil
        }
        return major > 0 ? [major] : minor > 0 ? [0, minor] : [0, 0, patch]
    }
}
