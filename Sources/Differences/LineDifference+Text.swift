extension LineDifference {
    /// The difference as `diff -u` writes it, and `patch` reads it; empty for equal texts.
    package func text(from oldName: String, to newName: String) -> String {
        guard !hunks.isEmpty else { return "" }
        var text = "--- \(oldName)\n+++ \(newName)\n"
        for hunk in hunks {
            let (oldCount, newCount) = (hunk.count(in: .removed), hunk.count(in: .added))
            text += "@@ -\(Self.range(hunk.oldStart, oldCount)) +\(Self.range(hunk.newStart, newCount)) @@\n"
            for line in hunk.lines {
                text += "\(line.change.sign)\(line.text)\n"
                if !line.isEnded { text += "\\ No newline at end of file\n" }
            }
        }
        return text
    }

    private static func range(_ start: Int, _ count: Int) -> String { count == 1 ? "\(start)" : "\(start),\(count)" }
}

extension LineDifference.Change {
    /// What stands before a line.
    package var sign: Character {
        switch self {
        case .same: " "
        case .removed: "-"
        case .added: "+"
        }
    }
}
