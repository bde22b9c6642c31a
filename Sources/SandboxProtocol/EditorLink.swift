/// How pages open a file in the developer's editor: by a URL that the editor has registered with the system.
package struct EditorLink: Hashable, Sendable {
    /// What people choose by a name.
    package static let names = ["vscode", "vscodium", "cursor", "windsurf", "zed", "idea", "none"]
    /// VS Code's, in which most handlers are written.
    package static let usual = EditorLink(template: "vscode://file{file}:{line}:{column}")

    /// A URL in which `{file}`, `{line}` and `{column}` stand for the place; empty for no links.
    package let template: String

    package init(template: String) {
        self.template = template
    }

    /// Reads one of the names, or a URL with `{file}` in it. `nil` for other texts, and for URLs that run scripts.
    package init?(parsing text: String) {
        switch text {
        case "vscode": self = .usual
        case "vscodium", "cursor", "windsurf", "zed": self.init(template: "\(text)://file{file}:{line}:{column}")
        case "idea": self.init(template: "idea://open?file={file}&line={line}&column={column}")
        case "none": self.init(template: "")
        default:
            guard let match = text.firstMatch(of: #/^([A-Za-z][A-Za-z0-9+.\-]*):\S*\{file\}\S*$/#),
                !["javascript", "data", "vbscript"].contains(match.output.1.lowercased())
            else { return nil }
            self.init(template: text)
        }
    }

    /// The URL that opens a file at a place; `nil` if there are no links.
    ///
    /// - Parameter file: Its path; absolute.
    package func url(file: String, line: Int?, column: Int?) -> String? {
        guard !template.isEmpty, file.hasPrefix("/") else { return nil }
        return template.replacing("{file}", with: Self.escaped(file))
            .replacing("{line}", with: String(line ?? 1)).replacing("{column}", with: String(column ?? 1))
    }

    /// A path as it stands in a URL (RFC 3986 section 3.3).
    private static func escaped(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
    }
}
