/// Labels in kebab case: words of lowercase letters and digits or acronyms of uppercase letters and digits, with a hyphen
/// between each two (Component Model, "Explainer.md", "Import and Export Definitions").
enum Label {
    /// Whether `text` is a label: the first word or acronym begins with a letter.
    static func isValid(_ text: some StringProtocol) -> Bool {
        isKebab(text, withAcronyms: true)
    }

    /// Whether `text` is a label without acronyms, as namespaces and packages are.
    static func isLowercase(_ text: some StringProtocol) -> Bool {
        isKebab(text, withAcronyms: false)
    }

    private static func isKebab(_ text: some StringProtocol, withAcronyms: Bool) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            .allSatisfy { isWord($0) || withAcronyms && isAcronym($0) }
    }

    private static func isWord(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isDigit($0) || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
    }

    private static func isAcronym(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { isDigit($0) || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    /// The form in which two labels or names are equal that may not stand in the same scope.
    static func key(_ label: some StringProtocol) -> [UInt8] {
        label.utf8.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
    }
}
