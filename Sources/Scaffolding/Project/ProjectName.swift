/// The name of a project: what its bindle is called, and, adapted, its module.
package struct ProjectName: Hashable, Sendable {
    /// As it was given.
    package let text: String

    /// Takes a name: letters, digits, `_`, `-` and `.`. The first is a letter or a digit. `nil` otherwise.
    package init?(_ text: String) {
        guard let first = text.unicodeScalars.first, Self.isAlphanumeric(first), text.utf8.count <= 100,
            text.unicodeScalars.allSatisfy({ Self.isAlphanumeric($0) || "_-.".unicodeScalars.contains($0) })
        else { return nil }
        self.text = text
    }

    /// The nearest name to any text, such as that of a directory.
    package init(adapting text: String) {
        var adapted = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(100) {
            let isValid = Self.isAlphanumeric(scalar) || "_-.".unicodeScalars.contains(scalar)
            adapted.append(isValid ? scalar : "-")
        }
        let trimmed = adapted.drop { !Self.isAlphanumeric($0) }
        self.text = trimmed.isEmpty ? "app" : String(String.UnicodeScalarView(trimmed))
    }

    /// Names that Go and Swift keep for themselves.
    private static let reserved: Set<String> = ["go", "toolchain", "swift"]

    /// The name for packages of most languages: lower case, without dots, beginning with a letter.
    package var package: String {
        let name = String(text.lowercased().map { $0 == "." ? "-" : $0 })
        if Self.reserved.contains(name) { return name + "-app" }
        return name.first?.isNumber == true ? "app-" + name : name
    }

    /// The name as one for modules of Swift: in camel case, beginning with a capital letter.
    var swiftModule: String {
        package.split(whereSeparator: { "-_".contains($0) }).map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}
