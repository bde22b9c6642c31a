/// Names of variables whose values nobody is shown unless they ask for them.
package enum SecretName {
    /// What is shown in place of a value.
    package static let mask = "••••••"

    private static let words = ["KEY", "TOKEN", "SECRET", "PASSWORD"]

    package static func isSecret(_ name: String) -> Bool {
        let name = name.uppercased()
        return words.contains { name.contains($0) }
    }
}
