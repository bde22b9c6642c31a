/// The identifier of a bindle: `NAME/VERSION`.
///
/// The name is everything before the last `/`; it is never empty and may contain `/` itself. See ``isName(_:)``.
package struct BindleID: Hashable, Sendable {
    package let name: String
    package let version: SemanticVersion
    private static let scheme = "bindle:"

    /// - Throws: `BindleIDError` when `name` is empty or has a character that a name may not have.
    package init(name: String, version: SemanticVersion) throws(BindleIDError) {
        guard Self.isName(name) else { throw .notAnID("\(name)/\(version)") }
        self.name = name
        self.version = version
    }

    private init(validName name: String, version: SemanticVersion) {
        self.name = name
        self.version = version
    }

    /// The same name with another version.
    package func with(version: SemanticVersion) -> BindleID { BindleID(validName: name, version: version) }

    /// Reads `NAME/VERSION`, or the same as a URI, `bindle:NAME/VERSION`.
    package init(_ text: some StringProtocol) throws(BindleIDError) {
        let path = text.hasPrefix(Self.scheme) ? Substring(text.dropFirst(Self.scheme.count)) : Substring(text)
        guard let slash = path.lastIndex(of: "/"), Self.isName(path[..<slash]) else {
            throw .notAnID(String(text))
        }
        let versionText = path[path.index(after: slash)...]
        guard let version = SemanticVersion(versionText) else { throw .notAVersion(String(versionText)) }
        self.name = String(path[..<slash])
        self.version = version
    }

    /// Whether `text` may be the name of a bindle: any text that is shown, without `@`, and without the scheme of a URI.
    ///
    /// The reference implementation takes every text. Characters that are not shown could make a name look like another
    /// one, or take a terminal over. What follows an `@` in a path is a parcel's digest.
    package static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && !text.hasPrefix(scheme) && text.unicodeScalars.allSatisfy(isShown)
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) && scalar != "@" }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    /// Whether `text` is a name that every Bindle program and every URL takes as it is: letters and digits of any script,
    /// `_`, `-`, `.` and `/`.
    package static func isPlainName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                if scalar.isASCII {
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".", "/": return true
                    default: return false
                    }
                }
                switch scalar.properties.generalCategory {
                case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                    .decimalNumber, .letterNumber, .otherNumber:
                    return true
                default: return false
                }
            }
    }

    /// The identifier as a URI, `bindle:NAME/VERSION`.
    package var uri: String { "bindle:\(self)" }

    /// The digest of `NAME/VERSION`, which names the directory of a standalone bindle.
    package var digest: SHA256Digest { SHA256.hash(description.utf8) }
}

extension BindleID: CustomStringConvertible {
    package var description: String { "\(name)/\(version)" }
}

extension BindleID: Comparable {
    /// By name, then by version.
    package static func < (left: BindleID, right: BindleID) -> Bool {
        left.name != right.name ? left.name < right.name : left.version < right.version
    }
}

/// What is wrong with the text of a bindle ID.
package enum BindleIDError: Error, Hashable, CustomStringConvertible {
    /// The text has no `/`, no name, or a name with a character that is not allowed.
    case notAnID(String)
    /// What follows the last `/` is not a semantic version.
    case notAVersion(String)

    package var description: String {
        switch self {
        case .notAnID(let text): "Invalid bindle ID '\(text)'. A bindle ID should be NAME/VERSION"
        case .notAVersion(let text): "Version \(text) is not a valid semantic version (e.g. 1.2.3)"
        }
    }
}

extension BindleID {
    /// What stands for the ID where content is compared whatever it is called.
    static let ofContent = BindleID(validName: "content", version: SemanticVersion(0, 0, 0))
}
