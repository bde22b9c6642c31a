/// Versions as Semantic Versioning 2.0 has them, the only ones that interface names have.
enum SemanticVersion {
    /// What is wrong with `text` as a version; `nil` if it is one.
    static func fault(in text: Substring) -> String? {
        guard !text.isEmpty else { return "empty string, expected a semver version" }
        var rest = text[...]
        for part in ["major", "minor", "patch"] {
            if part != "major" {
                guard let dot = rest.popFirst() else {
                    return "unexpected end of input: a version has three numbers, and versions of one or two, which "
                        + "canonical interface names have, are not implemented"
                }
                guard dot == "." else { return "unexpected character '\(dot)' after a number of the version" }
            }
            let digits = rest.prefix { $0.isASCIIDigit }
            guard !digits.isEmpty else {
                return rest.first.map { "unexpected character '\($0)' while parsing the \(part) version number" }
                    ?? "unexpected end of input while parsing the \(part) version number"
            }
            guard digits.count == 1 || digits.first != "0" else {
                return "invalid leading zero in the \(part) version number"
            }
            guard UInt64(digits) != nil else { return "value of the \(part) version number exceeds 64 bits" }
            rest = rest[digits.endIndex...]
        }
        if rest.first == "-" {
            let identifiers = rest.dropFirst().prefix { $0 != "+" }
            if let fault = fault(inIdentifiers: identifiers, numbersHaveNoLeadingZero: true) {
                return "\(fault) in the pre-release version"
            }
            rest = rest[identifiers.endIndex...]
        }
        if rest.first == "+" {
            let identifiers = rest.dropFirst()
            if let fault = fault(inIdentifiers: identifiers, numbersHaveNoLeadingZero: false) {
                return "\(fault) in the build metadata"
            }
            rest = rest[rest.endIndex...]
        }
        return rest.first.map { "unexpected character '\($0)' after the patch version number" }
    }

    private static func fault(inIdentifiers text: Substring, numbersHaveNoLeadingZero: Bool) -> String? {
        for identifier in text.split(separator: ".", omittingEmptySubsequences: false) {
            guard !identifier.isEmpty else { return "empty identifier segment" }
            if let other = identifier.first(where: { !$0.isASCIIDigit && !$0.isASCIILetter && $0 != "-" }) {
                return "unexpected character '\(other)'"
            }
            if numbersHaveNoLeadingZero, identifier.count > 1, identifier.first == "0",
                identifier.allSatisfy({ $0.isASCIIDigit })
            {
                return "invalid leading zero"
            }
        }
        return nil
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { "0"..."9" ~= self && isASCII }

    fileprivate var isASCIILetter: Bool { isASCII && isLetter }
}
