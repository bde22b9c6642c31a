/// A version by the rules of Semantic Versioning 2.0.0: `MAJOR.MINOR.PATCH[-PRE-RELEASE][+BUILD]`.
///
/// Two versions are equal when they are written alike, build metadata included. The order is precedence (section 11
/// of Semantic Versioning), and among versions of the same precedence that of their build metadata, so that sorting
/// is stable and agrees with equality.
package struct SemanticVersion: Hashable, Sendable {
    package var major: UInt64
    package var minor: UInt64
    package var patch: UInt64
    package var prerelease: [PrereleaseIdentifier]
    package var build: [String]

    /// One dot-separated part of a pre-release version. Numeric parts may have any number of digits.
    package enum PrereleaseIdentifier: Hashable, Sendable {
        /// Digits without a leading zero.
        case numeric(String)
        case alphanumeric(String)
    }

    package init(
        _ major: UInt64, _ minor: UInt64, _ patch: UInt64, prerelease: [PrereleaseIdentifier] = [], build: [String] = []
    ) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.prerelease = prerelease
        self.build = build
    }

    /// Reads a version; `nil` when `text` is not one. `1.0`, `v1.0.0` and `01.0.0` are not.
    package init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        var build: [String] = []
        if let plus = rest.firstIndex(of: "+") {
            let parts = rest[rest.index(after: plus)...].split(separator: ".", omittingEmptySubsequences: false)
            guard parts.allSatisfy(Self.isIdentifier) else { return nil }
            build = parts.map(String.init)
            rest = rest[..<plus]
        }
        var prerelease: [PrereleaseIdentifier] = []
        if let hyphen = rest.firstIndex(of: "-") {
            for part in rest[rest.index(after: hyphen)...].split(separator: ".", omittingEmptySubsequences: false) {
                guard let identifier = PrereleaseIdentifier(part) else { return nil }
                prerelease.append(identifier)
            }
            rest = rest[..<hyphen]
        }
        let numbers = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3,
            let major = Self.number(numbers[0]),
            let minor = Self.number(numbers[1]),
            let patch = Self.number(numbers[2])
        else { return nil }
        self.init(major, minor, patch, prerelease: prerelease, build: build)
    }

    /// A number of the version's core: digits without a leading zero that fit 64 bits.
    static func number(_ text: some StringProtocol) -> UInt64? {
        isNumeric(text) ? UInt64(text) : nil
    }

    static func isNumeric(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return first != 0x30 || bytes.count == 1
    }

    /// Whether `text` is one or more of `[0-9A-Za-z-]`.
    static func isIdentifier(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }
    }

    /// Whether this version and `other` have the same precedence: whether they differ in build metadata at most.
    package func hasSamePrecedence(as other: SemanticVersion) -> Bool {
        core == other.core && prerelease == other.prerelease
    }

    /// Whether this version comes before `other` in precedence, which build metadata does not bear on.
    package func precedes(_ other: SemanticVersion) -> Bool {
        if core != other.core { return core < other.core }
        if prerelease.isEmpty || other.prerelease.isEmpty { return !prerelease.isEmpty && other.prerelease.isEmpty }
        return prerelease.lexicographicallyPrecedes(other.prerelease)
    }

    var core: (UInt64, UInt64, UInt64) { (major, minor, patch) }
}

extension SemanticVersion: Comparable {
    package static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        left.hasSamePrecedence(as: right) ? left.build.lexicographicallyPrecedes(right.build) : left.precedes(right)
    }
}

extension SemanticVersion: CustomStringConvertible {
    package var description: String {
        var text = "\(major).\(minor).\(patch)"
        if !prerelease.isEmpty { text += "-" + prerelease.map(\.description).joined(separator: ".") }
        if !build.isEmpty { text += "+" + build.joined(separator: ".") }
        return text
    }
}

extension SemanticVersion.PrereleaseIdentifier: Comparable, CustomStringConvertible {
    /// Reads one part; `nil` when it is empty, has a character outside `[0-9A-Za-z-]`, or is a number with a leading
    /// zero.
    package init?(_ text: some StringProtocol) {
        guard SemanticVersion.isIdentifier(text) else { return nil }
        if SemanticVersion.isNumeric(text) {
            self = .numeric(String(text))
        } else if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return nil
        } else {
            self = .alphanumeric(String(text))
        }
    }

    /// Numbers come before words; numbers compare by value, words by their ASCII text.
    package static func < (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.numeric(let left), .numeric(let right)):
            left.utf8.count != right.utf8.count ? left.utf8.count < right.utf8.count : left < right
        case (.numeric, .alphanumeric): true
        case (.alphanumeric, .numeric): false
        case (.alphanumeric(let left), .alphanumeric(let right)): left < right
        }
    }

    package var description: String {
        switch self {
        case .numeric(let text), .alphanumeric(let text): text
        }
    }
}
