/// What is different between two texts, line by line, with a few of the lines around it.
package struct LineDifference: Hashable, Sendable {
    package enum Change: String, Hashable, Sendable {
        case same, removed, added
    }

    package struct Line: Hashable, Sendable {
        package let change: Change
        /// Without what ends it.
        package let text: String
        /// Whether it ends with a line feed; the last line of a text may not.
        package let isEnded: Bool

        package init(change: Change, text: String, isEnded: Bool = true) {
            self.change = change
            self.text = text
            self.isEnded = isEnded
        }
    }

    /// Lines that follow each other, of which some are different.
    package struct Hunk: Hashable, Sendable {
        /// The numbers of the first line in both texts, from 1 on. If the text has none of the lines, that of the line before.
        package let oldStart: Int
        package let newStart: Int
        package let lines: [Line]

        package init(oldStart: Int, newStart: Int, lines: [Line]) {
            self.oldStart = oldStart
            self.newStart = newStart
            self.lines = lines
        }

        package func count(in change: Change) -> Int { lines.count { $0.change == change || $0.change == .same } }
    }

    package let hunks: [Hunk]
    /// Whether as few lines as possible are told as different. Texts that differ in very much are not compared to the end.
    package let isMinimal: Bool
    /// Whether there are more hunks, which are left out.
    package let isCut: Bool

    /// Steps that are taken at most: some 50 ms.
    package static let usualEffort = 10_000_000
    /// Lines that are told at most.
    package static let usualLimit = 5_000

    /// - Parameters:
    ///   - context: How many lines that are the same are told before and after others.
    ///   - limit: Lines that are told at most.
    package init(
        from old: [UInt8], to new: [UInt8], context: Int = 3, limit: Int = usualLimit, effort: Int = usualEffort
    ) {
        let (oldLines, newLines) = (Self.lines(of: old), Self.lines(of: new))
        let (edits, isMinimal) = Self.edits(from: oldLines, to: newLines, effort: effort)
        self.isMinimal = isMinimal
        var hunks: [Hunk] = []
        var count = 0
        var isCut = false
        for group in Self.groups(of: edits, context: context) {
            var lines: [Line] = []
            let (first, last) = (edits[group.lowerBound], edits[group.upperBound - 1])
            let oldRange = max(0, first.old.lowerBound - context)..<min(oldLines.count, last.old.upperBound + context)
            let newStart = first.new.lowerBound - (first.old.lowerBound - oldRange.lowerBound)
            var next = oldRange.lowerBound
            for edit in edits[group] {
                lines += oldLines[next..<edit.old.lowerBound].map { Line(.same, $0) }
                lines += oldLines[edit.old].map { Line(.removed, $0) }
                lines += newLines[edit.new].map { Line(.added, $0) }
                next = edit.old.upperBound
            }
            lines += oldLines[next..<oldRange.upperBound].map { Line(.same, $0) }
            isCut = count + lines.count > limit
            if isCut { lines.removeLast(count + lines.count - limit) }
            count += lines.count
            if !lines.isEmpty {
                hunks.append(
                    Hunk(
                        oldStart: oldRange.lowerBound + (oldRange.isEmpty ? 0 : 1),
                        newStart: newStart + (lines.contains { $0.change != .removed } ? 1 : 0), lines: lines))
            }
            if isCut { break }
        }
        self.hunks = hunks
        self.isCut = isCut
    }

    /// A difference that was found before, as by another process.
    package init(hunks: [Hunk], isMinimal: Bool = true, isCut: Bool = false) {
        self.hunks = hunks
        self.isMinimal = isMinimal
        self.isCut = isCut
    }

    /// Whether bytes are a text of which people can read the differences: UTF-8 without NUL.
    package static func isText(_ bytes: [UInt8]) -> Bool {
        !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
    }

    // MARK: - Lines

    private static func lines(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in text.enumerated() where byte == UInt8(ascii: "\n") {
            lines.append(text[start...index])
            start = index + 1
        }
        if start < text.count { lines.append(text[start...]) }
        return lines
    }

    // MARK: - Edits

    /// Lines of the old text that others of the new one take the place of.
    private struct Edit {
        let old: Range<Int>
        let new: Range<Int>
    }

    private static func edits(
        from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>], effort: Int
    ) -> (edits: [Edit], isMinimal: Bool) {
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        func number(_ line: ArraySlice<UInt8>) -> Int {
            let next = numbers.count
            if let known = numbers[line] { return known }
            numbers[line] = next
            return next
        }
        let (oldNumbers, newNumbers) = (old.map(number), new.map(number))
        // A line that the other text does not have is different, whatever is compared: the rest alone is looked at.
        let (inOld, inNew) = (Set(oldNumbers), Set(newNumbers))
        let oldPlaces = oldNumbers.indices.filter { inNew.contains(oldNumbers[$0]) }
        let newPlaces = newNumbers.indices.filter { inOld.contains(newNumbers[$0]) }
        let matching = LineMatching(
            oldPlaces.map { oldNumbers[$0] }, newPlaces.map { newNumbers[$0] }, effort: effort)

        var edits: [Edit] = []
        var (nextOld, nextNew) = (0, 0)
        for match in matching.matches.map({ (old: oldPlaces[$0.old], new: newPlaces[$0.new]) })
            + [(old: old.count, new: new.count)]
        {
            if match.old > nextOld || match.new > nextNew {
                edits.append(Edit(old: nextOld..<match.old, new: nextNew..<match.new))
            }
            (nextOld, nextNew) = (match.old + 1, match.new + 1)
        }
        return (edits, matching.isLongest)
    }

    /// Edits that are so near to each other that the lines between them are told.
    private static func groups(of edits: [Edit], context: Int) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        for (index, edit) in edits.enumerated() {
            if let last = groups.last, edit.old.lowerBound - edits[index - 1].old.upperBound <= 2 * context {
                groups[groups.count - 1] = last.lowerBound..<index + 1
            } else {
                groups.append(index..<index + 1)
            }
        }
        return groups
    }
}

extension LineDifference.Line {
    fileprivate init(_ change: LineDifference.Change, _ line: ArraySlice<UInt8>) {
        isEnded = line.last == UInt8(ascii: "\n")
        text = String(decoding: isEnded ? line.dropLast() : line, as: UTF8.self)
        self.change = change
    }
}
