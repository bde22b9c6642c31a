import Bindle
import Foundation

/// The first line is a version range, and each line after it a version. A version is written as it is read; versions have an
/// order; and a range admits what a reference that is made of its definition admits.
enum VersionRanges {
    static func run(_ input: UnsafeBufferPointer<UInt8>) {
        guard let text = String(validating: input, as: UTF8.self) else { return }
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let rangeText = lines.removeFirst()
        let range = try? VersionRange(rangeText)
        let reference = RangeReference(rangeText)
        guard (range == nil) == (reference == nil) else {
            fatalError("\(rangeText.debugDescription) is a range to one reader only")
        }
        let versions = lines.prefix(6).compactMap(version)
        checkOrder(versions)
        guard let range, let reference else { return }
        for version in versions where range.contains(version) != reference.contains(version) {
            fatalError("\(rangeText.debugDescription) admits \(version): \(range.contains(version))")
        }
        // The versions that the range names, and those beside them, are the ones that tell.
        for version in reference.landmarks where range.contains(version) != reference.contains(version) {
            fatalError("\(rangeText.debugDescription) admits \(version): \(range.contains(version))")
        }
    }

    private static func version(_ line: String) -> SemanticVersion? {
        guard let version = SemanticVersion(line) else { return nil }
        guard version.description.utf8.elementsEqual(line.utf8) else {
            fatalError("\(line.debugDescription) is written as \(version)")
        }
        return version
    }

    private static func checkOrder(_ versions: [SemanticVersion]) {
        for one in versions {
            for other in versions {
                guard [one < other, one == other, other < one].count(where: { $0 }) == 1,
                    !(one.precedes(other) && other.precedes(one)), !one.precedes(other) || one < other
                else { fatalError("\(one) and \(other) have no order") }
                for third in versions where one < other && other < third && !(one < third) {
                    fatalError("\(one), \(other) and \(third) have no order")
                }
            }
        }
    }
}

/// A version range by its definition: each comparator is a question about the version's numbers. No bound is computed.
private struct RangeReference {
    /// A version whose last numbers may be missing.
    private struct Partial {
        let numbers: [UInt64]
        /// The version itself, where all numbers are there.
        let version: SemanticVersion?

        init?(_ text: some StringProtocol) {
            version = SemanticVersion(text)
            if let version {
                numbers = [version.major, version.minor, version.patch]
                return
            }
            let parts = String(text).components(separatedBy: ".")
            let known = parts.prefix { !["*", "x", "X"].contains($0) }
            guard parts.count <= 3, known.count < 3,
                parts.dropFirst(known.count).allSatisfy({ ["*", "x", "X"].contains($0) })
            else { return nil }
            var numbers: [UInt64] = []
            for part in known {
                guard let number = SemanticVersion("\(part).0.0")?.major, part.utf8.allSatisfy({ $0 < 0x3A }) else {
                    return nil
                }
                numbers.append(number)
            }
            self.numbers = numbers
        }

        /// Whether the version has the first `count` numbers.
        func shares(_ count: Int, with other: SemanticVersion) -> Bool {
            numbers.prefix(count).elementsEqual(other.numbers.prefix(min(count, numbers.count)))
        }

        /// The least version that this stands for. Its pre-releases come before it.
        var floor: SemanticVersion { version ?? Self.floor(numbers) }

        /// The least version after all that this stands for, if its last numbers are missing.
        var successor: SemanticVersion? {
            var next = numbers
            while let last = next.popLast() {
                if last < .max { return Self.floor(next + [last + 1]) }
            }
            return nil
        }

        private static func floor(_ numbers: [UInt64]) -> SemanticVersion {
            let padded = numbers + [0, 0, 0]
            return SemanticVersion(padded[0], padded[1], padded[2])
        }
    }

    private struct Comparator {
        let sign: String
        let partial: Partial

        func admits(_ version: SemanticVersion) -> Bool {
            let numbers = version.numbers.prefix(partial.numbers.count)
            switch sign {
            case "<":
                return partial.version.map { version.precedes($0) }
                    ?? numbers.lexicographicallyPrecedes(partial.numbers)
            case "<=":
                return partial.version.map { !$0.precedes(version) } ?? !partial.numbers.lexicographicallyPrecedes(
                    numbers)
            case ">":
                return partial.version.map { $0.precedes(version) } ?? partial.successor.map { !version.precedes($0) }
                    ?? false
            case ">=": return !version.precedes(partial.floor)
            case "~": return !version.precedes(partial.floor) && partial.shares(2, with: version)
            case "^":
                let fixed = partial.numbers.firstIndex { $0 != 0 }.map { $0 + 1 } ?? partial.numbers.count
                return !version.precedes(partial.floor) && partial.shares(fixed, with: version)
            default:
                return partial.version?.hasSamePrecedence(as: version)
                    ?? (!version.precedes(partial.floor) && partial.shares(3, with: version))
            }
        }
    }

    private var isEverything = false
    private var exact: SemanticVersion?
    private var comparators: [Comparator] = []

    init?(_ text: String) {
        let clauses = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
        if clauses == [[]] || clauses == [["*"]] {
            isEverything = true
            return
        }
        if clauses.count == 1, clauses[0].count == 1, let version = SemanticVersion(clauses[0][0]) {
            exact = version
            return
        }
        for clause in clauses {
            guard !clause.isEmpty else { return nil }
            var index = 0
            while index < clause.count {
                if index + 1 < clause.count, clause[index + 1] == "-" {
                    guard index + 2 < clause.count, let from = Partial(clause[index]),
                        let to = Partial(clause[index + 2])
                    else { return nil }
                    comparators += [Comparator(sign: ">=", partial: from), Comparator(sign: "<=", partial: to)]
                    index += 3
                    continue
                }
                let word = clause[index]
                let sign = ["<=", ">=", "<", ">", "=", "^", "~"].first { word.hasPrefix($0) } ?? ""
                var version = String(word.dropFirst(sign.count))
                index += 1
                if version.isEmpty, index < clause.count {
                    version = clause[index]
                    index += 1
                }
                guard let partial = Partial(version) else { return nil }
                comparators.append(Comparator(sign: sign, partial: partial))
            }
        }
    }

    func contains(_ version: SemanticVersion) -> Bool {
        if isEverything { return true }
        if let exact { return exact == version }
        guard comparators.allSatisfy({ $0.admits(version) }) else { return false }
        let named = comparators.compactMap(\.partial.version).filter { !$0.prerelease.isEmpty }
        return version.prerelease.isEmpty || named.contains { $0.numbers == version.numbers }
    }

    /// The versions at which it may begin or end.
    var landmarks: [SemanticVersion] {
        comparators.flatMap { comparator -> [SemanticVersion] in
            let numbers = comparator.partial.numbers + [0, 0, 0]
            var found = [
                comparator.partial.floor,
                SemanticVersion(numbers[0], numbers[1], numbers[2], prerelease: [.numeric("0")]),
            ]
            found.append(SemanticVersion(numbers[0] &+ 1, 0, 0))
            found.append(SemanticVersion(numbers[0] &+ 1, 0, 0, prerelease: [.alphanumeric("a")]))
            found.append(SemanticVersion(numbers[0], numbers[1] &+ 1, 0))
            found.append(SemanticVersion(numbers[0], numbers[1] &+ 1, 0, prerelease: [.alphanumeric("a")]))
            found.append(SemanticVersion(numbers[0], numbers[1], numbers[2] &+ 1))
            found.append(SemanticVersion(numbers[0], numbers[1], .max))
            found.append(SemanticVersion(numbers[0], .max, .max))
            return found
        }
    }
}

extension SemanticVersion {
    fileprivate var numbers: [UInt64] { [major, minor, patch] }
}
