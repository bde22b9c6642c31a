import Bindle
import Content

/// The part of an invoice that patterns have made, and what is needed to find a file's place in it.
struct ProjectFiles: Sendable {
    let facts: Hippofacts
    /// The project's directory without symbolic links.
    let root: String
    let places: ModulePlaces
    var rules: FileRules
    /// Patterns of what is left out, files and directories.
    let exclusions: [GlobPattern]
    /// Names of external dependencies and of modules outside of the project, which no file may have.
    let externalNames: Set<RelativePath>
    /// The indices of the parcels that are modules of the project.
    let modules: [RelativePath: [Int]]
    /// The index of the first file.
    let start: Int
    /// How many files each pattern is the first to match. They are next to each other in the invoice.
    var sectionCounts: [Int]
    /// How many files each pattern matches.
    var matchCounts: [Int]
    /// What patterns match and is no parcel, in the order of the paths.
    var refused: [RefusedFile]
    /// What is to be said of entries, whatever files there are.
    let entryWarnings: [Expansion.Warning]

    /// All that is to be said.
    var warnings: [Expansion.Warning] {
        entryWarnings + rules.warnings(matchCounts, in: facts)
            + refused.map { Expansion.Warning(file: facts.shownPath(of: $0.path), position: nil, message: $0.message) }
    }

    mutating func count(_ patterns: PatternSet, by difference: Int) {
        guard let first = patterns.lowest else { return }
        sectionCounts[first] += difference
        patterns.forEach { matchCounts[$0] += difference }
    }

    /// The indices of the files that a pattern is the first to match.
    func section(_ pattern: Int) -> Range<Int> {
        let start = start + sectionCounts[..<pattern].reduce(0, +)
        return start..<start + sectionCounts[pattern]
    }

    /// The index that a name has in a section, or would have.
    func index(of name: String, in section: Range<Int>, of parcels: ParcelList) -> Int {
        var (low, high) = (section.lowerBound, section.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if parcels[middle].label.name.utf8.lexicographicallyPrecedes(name.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// The indices of what is at a path, and below it if it is a directory's, in ascending order.
    func indices(at path: RelativePath, in parcels: ParcelList) -> [Int] {
        var found: [Int] = []
        for pattern in sectionCounts.indices where sectionCounts[pattern] > 0 {
            let section = section(pattern)
            let index = index(of: path.string, in: section, of: parcels)
            if index < section.upperBound, NameBytes.areEqual(parcels[index].label.name, path.string) {
                found.append(index)
            }
            // A zero is the character after the slash.
            let below = self.index(of: path.string + "/", in: index..<section.upperBound, of: parcels)
            found += below..<self.index(of: path.string + "0", in: below..<section.upperBound, of: parcels)
        }
        return found
    }

    /// The patterns that match a path.
    func patterns(matching path: RelativePath) -> PatternSet {
        var set = PatternSet()
        let isEditors = EditorFiles.contain(path)
        for (number, pattern) in rules.patterns.enumerated() where !isEditors || pattern.namesFile {
            if pattern.matches(path) { set.insert(number) }
        }
        return set
    }
}

extension Hippofacts {
    /// A file of the project as the user would name it.
    func shownPath(of path: String) -> String {
        directory == "." ? path : "\(directory)/\(path)"
    }
}
