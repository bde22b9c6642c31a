/// Finds what somebody who mistyped a name probably meant.
package enum Suggestion {
    /// The candidate nearest to the word, if it is near enough to be meant.
    package static func closest(to word: String, among candidates: [String]) -> String? {
        let typed = Array(word.lowercased())
        guard !typed.isEmpty else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let target = Array(candidate.lowercased())
            // A third of the letters may be wrong; a prefix of three or more letters is an abbreviation.
            let isAbbreviation = typed.count >= 3 && target.starts(with: typed)
            let distance = isAbbreviation ? 1 : editDistance(typed, target)
            let length = max(typed.count, target.count)
            // Words that have nothing in common are not alike, however short they are.
            guard distance <= max(1, length / 3), distance < length else { continue }
            if best.map({ distance < $0.distance }) ?? true {
                best = (candidate, distance)
            }
        }
        return best?.candidate
    }

    /// The number of letters inserted, deleted, replaced, or swapped with their neighbour, that leads from one word
    /// to the other.
    package static func editDistance(_ first: [Character], _ second: [Character]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...second.count)
        for i in first.indices {
            var current = [i + 1]
            for j in second.indices {
                let substitution = previous[j] + (first[i] == second[j] ? 0 : 1)
                var cost = min(substitution, previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
                    cost = min(cost, beforePrevious[j - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[second.count]
    }
}
