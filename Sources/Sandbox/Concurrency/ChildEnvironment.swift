import Platform

/// The environment of the processes that a sandbox starts: its own, without what looks like a secret. Modules and build
/// commands run code that nobody has read.
enum ChildEnvironment {
    private static let secretPrefixes = ["BINDLE_", "HIPPO_"]
    private static let secretParts = ["TOKEN", "SECRET", "PASSWORD", "STORAGE_KEY", "CONNECTION_STRING"]

    /// Whether a variable is kept from other processes unless it is asked for.
    static func isSecret(_ name: String) -> Bool {
        let name = name.uppercased()
        return secretPrefixes.contains { name.hasPrefix($0) } || secretParts.contains { name.contains($0) }
    }

    /// The variables of this process.
    /// - Parameter names: secrets that are passed all the same.
    static func current(passing names: Set<String> = []) -> [(name: String, value: String)] {
        ProcessEnvironment.all.filter { !isSecret($0.key) || names.contains($0.key) }
            .map { ($0.key, $0.value) }
    }
}
