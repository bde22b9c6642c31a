/// A set of versions, written as npm writes them.
///
/// | text | versions in it |
/// | --- | --- |
/// | `1.2.3` | that one only, build metadata included |
/// | `=1.2.3`, `<1.2.3`, `<=1.2.3`, `>1.2.3`, `>=1.2.3` | by precedence |
/// | `^1.2.3` | from it on, up to the next change of the leftmost number that is not zero |
/// | `~1.2.3` | from it on, within `1.2` |
/// | `1.2.*`, `1.2.x`, `1.2` | all of `1.2` |
/// | `*`, the empty text | all |
/// | `1.2.3 - 2.0.0` | both ends and all between |
/// | `>=1.2.0, <2.0.0` | those that every comparator admits; the comma may be left out |
///
/// A pre-release version is in a range only when one of the range's comparators names a pre-release of the same
/// `MAJOR.MINOR.PATCH`: whoever asks for `^1.2.0` does not want `1.3.0-beta`. `*` and the empty text admit all. At a bound
/// whose last numbers are not written, pre-releases are on neither side: `>=1.2` and `<1.2` both leave `1.2.0-beta` out.
package struct VersionRange: Hashable, Sendable {
    /// The text as it was given.
    package let text: String
    private let rule: Rule

    private enum Rule: Hashable {
        case everything
        case exactly(SemanticVersion)
        case conjunction([Comparator])
    }

    private enum Relation: Hashable {
        case less, lessOrEqual, equal, greaterOrEqual, greater
    }

    private struct Comparator: Hashable {
        let relation: Relation
        let version: SemanticVersion

        func admits(_ other: SemanticVersion) -> Bool {
            switch relation {
            case .less: other.precedes(version)
            case .lessOrEqual: !version.precedes(other)
            case .equal: version.hasSamePrecedence(as: other)
            case .greaterOrEqual: !other.precedes(version)
            case .greater: version.precedes(other)
            }
        }
    }

    /// Every version, pre-releases included.
    package static let everything = VersionRange(text: "", rule: .everything)

    private init(text: String, rule: Rule) {
        self.text = text
        self.rule = rule
    }

    /// Reads a range.
    /// - Throws: `VersionRangeError` naming the part that is not one.
    package init(_ text: String) throws(VersionRangeError) {
        self.text = text
        let words = text.split(whereSeparator: { $0.isWhitespace || $0 == "," })
        if words.isEmpty || words == ["*"] {
            guard !text.contains(",") else { throw VersionRangeError(range: text, part: text) }
            rule = .everything
        } else if words.count == 1, !text.contains(","), let version = SemanticVersion(words[0]) {
            rule = .exactly(version)
        } else {
            rule = .conjunction(try Self.comparators(of: text))
        }
    }

    package func contains(_ version: SemanticVersion) -> Bool {
        switch rule {
        case .everything: return true
        case .exactly(let wanted): return version == wanted
        case .conjunction(let comparators):
            guard comparators.allSatisfy({ $0.admits(version) }) else { return false }
            return version.prerelease.isEmpty
                || comparators.contains { !$0.version.prerelease.isEmpty && $0.version.core == version.core }
        }
    }

    // MARK: - Reading

    private static func comparators(of text: String) throws(VersionRangeError) -> [Comparator] {
        var comparators: [Comparator] = []
        for clause in text.split(separator: ",", omittingEmptySubsequences: false) {
            var words = clause.split(whereSeparator: \.isWhitespace)[...]
            guard !words.isEmpty else { throw VersionRangeError(range: text, part: String(clause)) }
            while let word = words.popFirst() {
                if words.first == "-" {
                    words.removeFirst()
                    guard let end = words.popFirst() else { throw VersionRangeError(range: text, part: "\(word) -") }
                    let bounds = (try partial(word, in: text), try partial(end, in: text))
                    comparators += expand(">=", bounds.0) + expand("<=", bounds.1)
                    continue
                }
                let sign = word.prefix(while: { "<>=^~".contains($0) })
                guard ["", "=", "<", "<=", ">", ">=", "^", "~"].contains(sign) else {
                    throw VersionRangeError(range: text, part: String(word))
                }
                var version = word.dropFirst(sign.count)
                if version.isEmpty, let next = words.popFirst() { version = next }
                comparators += expand(sign, try partial(version, in: text))
            }
        }
        return comparators
    }

    /// A version whose last numbers may be missing or `*`.
    private struct Partial {
        var major: UInt64?
        var minor: UInt64?
        var patch: UInt64?
        var prerelease: [SemanticVersion.PrereleaseIdentifier] = []

        /// The least version that it stands for.
        var floor: SemanticVersion {
            SemanticVersion(major ?? 0, minor ?? 0, patch ?? 0, prerelease: prerelease)
        }

        /// The first numbers after all versions that share its own; `nil` when there are none.
        var ceiling: SemanticVersion? {
            guard let major else { return nil }
            return minor.map { VersionRange.next(minorOf: major, $0) } ?? VersionRange.next(majorOf: major)
        }
    }

    private static func partial(_ text: Substring, in range: String) throws(VersionRangeError) -> Partial {
        if let version = SemanticVersion(text) {
            return Partial(
                major: version.major, minor: version.minor, patch: version.patch, prerelease: version.prerelease)
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        var numbers: [UInt64] = []
        var hasWildcard = false
        for part in parts {
            if ["*", "x", "X"].contains(part) {
                hasWildcard = true
            } else if let number = SemanticVersion.number(part), !hasWildcard {
                numbers.append(number)
            } else {
                throw VersionRangeError(range: range, part: String(text))
            }
        }
        guard parts.count <= 3, numbers.count < 3 else { throw VersionRangeError(range: range, part: String(text)) }
        return Partial(major: numbers.first, minor: numbers.count > 1 ? numbers[1] : nil)
    }

    private static func expand(_ sign: some StringProtocol, _ partial: Partial) -> [Comparator] {
        let floor = Comparator(relation: .greaterOrEqual, version: partial.floor)
        /// Below all versions of these numbers, pre-releases included; without an upper end where there are no such numbers.
        func below(_ version: SemanticVersion?) -> [Comparator] {
            guard var version else { return [] }
            version.prerelease = [.numeric("0")]
            return [Comparator(relation: .less, version: version)]
        }
        let isComplete = partial.patch != nil
        switch sign {
        case "<" where isComplete: return [Comparator(relation: .less, version: partial.floor)]
        case "<": return below(partial.floor)
        case ">=": return [floor]
        case "<=" where isComplete: return [Comparator(relation: .lessOrEqual, version: partial.floor)]
        case "<=": return below(partial.ceiling)
        case ">" where isComplete: return [Comparator(relation: .greater, version: partial.floor)]
        case ">":
            // Nothing comes after a partial version without an upper end.
            guard let ceiling = partial.ceiling else {
                return [Comparator(relation: .less, version: SemanticVersion(0, 0, 0, prerelease: [.numeric("0")]))]
            }
            return [Comparator(relation: .greaterOrEqual, version: ceiling)]
        case "~": return [floor] + below(partial.ceiling)
        case "^": return [floor] + below(caretCeiling(partial))
        default:
            return isComplete
                ? [Comparator(relation: .equal, version: partial.floor)] : [floor] + below(partial.ceiling)
        }
    }

    private static func caretCeiling(_ partial: Partial) -> SemanticVersion? {
        guard let major = partial.major else { return nil }
        guard major == 0, let minor = partial.minor else { return next(majorOf: major) }
        guard minor == 0, let patch = partial.patch else { return next(minorOf: 0, minor) }
        return patch == .max ? next(minorOf: 0, 0) : SemanticVersion(0, 0, patch + 1)
    }

    private static func next(majorOf major: UInt64) -> SemanticVersion? {
        major == .max ? nil : SemanticVersion(major + 1, 0, 0)
    }

    private static func next(minorOf major: UInt64, _ minor: UInt64) -> SemanticVersion? {
        minor == .max ? next(majorOf: major) : SemanticVersion(major, minor + 1, 0)
    }
}

/// What is wrong with the text of a version range.
package struct VersionRangeError: Error, Hashable, CustomStringConvertible {
    package let range: String
    /// The part of the range that cannot be read.
    package let part: String

    package var description: String {
        "'\(range)' is not a version range: '\(part)' cannot be read. Write for example 1.2.3, ^1.2, ~1.2.3, 1.2.*, "
            + "'>=1.2.0, <2.0.0' or '1.2.3 - 2.0.0'"
    }
}
