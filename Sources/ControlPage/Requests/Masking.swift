import SandboxProtocol

/// Which values of requests are shown, and which are left out: those that let others in.
struct Masking {
    /// What stands in the place of a value.
    static let text = "(masked)"

    /// Whether values are left out.
    let isOn: Bool

    private static let fields: Set<String> = ["authorization", "cookie", "set-cookie", "proxy-authorization"]
    private static let words = ["KEY", "TOKEN", "SECRET", "PASSWORD"]

    /// Whether the value of a header field is left out.
    func hides(field name: String) -> Bool {
        guard isOn else { return false }
        return Self.fields.contains(name.lowercased()) || Self.hasWord(name)
    }

    /// Whether the value of a variable is left out. Fields that have become variables are like fields.
    func hides(variable name: String) -> Bool {
        guard isOn else { return false }
        if name.hasPrefix("HTTP_"),
            hides(field: name.dropFirst(5).map { $0 == "_" ? "-" : $0 }.reduce("") { "\($0)\($1)" })
        {
            return true
        }
        return Self.hasWord(name)
    }

    private static func hasWord(_ name: String) -> Bool {
        let name = name.uppercased()
        return words.contains { name.contains($0) }
    }

    /// The field with the value that is shown.
    func shown(_ field: RequestRecording.Field) -> RequestRecording.Field {
        hides(field: field.nameText) ? .init(name: field.name, value: Array(Self.text.utf8)) : field
    }
}
