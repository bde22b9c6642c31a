import Bindle
import CommandLineInterface
import Platform
import Sandbox

extension Command {
    static let revisions = Command(
        name: "revisions",
        summary: "List what hippo-dev up has made of a project, and compare it.",
        discussion: """
            Each change that hippo-dev up has served, or tried to, is a revision. The last \(BindleStore.revisionLimit) \
            are kept, whether the sandbox runs or not.
            """,
        options: HistoryOptions.all + [json],
        arguments: [HistoryOptions.path],
        examples: [
            Example("hippo-dev revisions", "Lists the revisions of the project in this directory."),
            Example("hippo-dev revisions diff 3 5", "Says what has changed between two of them."),
        ],
        subcommands: [.revisionsDiff],
        action: { arguments in
            let revisions = try HistoryOptions.history(arguments).revisions()
            if arguments.isSet(json) {
                let document = RevisionSummary.document(of: revisions)
                print(String(decoding: DocumentEncoding.json.encode(document), as: UTF8.self))
            } else {
                print(PrintableText.lines(RevisionList(revisions).text), terminator: "")
            }
            return .success
        }
    )

    private static let revisionsDiff = Command(
        name: "diff",
        summary: "Say which parcels have changed from one revision to another.",
        options: HistoryOptions.all + [HistoryOptions.project, json],
        arguments: [first, second],
        action: { arguments in
            let history = try HistoryOptions.history(arguments)
            let from = try HistoryOptions.number(arguments, first)
            let to = try HistoryOptions.number(arguments, second)
            let comparison = try history.changes(from: from, to: to)
            if arguments.isSet(json) {
                print(String(decoding: DocumentEncoding.json.encode(comparison.table), as: UTF8.self))
            } else {
                print(PrintableText.lines(ComparisonText(comparison).text), terminator: "")
            }
            return .success
        }
    )

    private static let json = Option(flag: "json", summary: "Print JSON.")
    private static let first = Argument("FROM", summary: "The number of a revision.")
    private static let second = Argument("TO", summary: "The number of the one to compare it with.")
}

/// Revisions as a table for people, oldest first.
struct RevisionList {
    let text: String

    init(_ revisions: [RevisionSummary]) {
        guard !revisions.isEmpty else {
            text = "There are no revisions yet.\n"
            return
        }
        let served = revisions.last { $0.revision.hasServed }?.revision.number
        let rows = revisions.map { summary in
            let revision = summary.revision
            let made = CivilTime(localAt: revision.time / 1000)
            let time = "\(made.date) \(made.time)"
            var notes: [String] = []
            if let restored = revision.restores { notes.append("brings back \(restored)") }
            if !revision.hasServed { notes.append("has not served") }
            if revision.number == served { notes.append("served last") }
            return [
                String(revision.number), time, revision.id.description,
                Quantity.count(summary.parcelCount, "parcel"), Quantity.size(summary.size),
                notes.joined(separator: ", "),
            ]
        }
        text = TextTable(rows, rightAligned: [0, 3, 4]).text
    }
}

/// What lies between two revisions, for people: a line for each parcel.
struct ComparisonText {
    let text: String

    init(_ comparison: RevisionComparison) {
        // Parcels of one name are the same file in two contents; a name may occur more than once.
        var removed: [String: ArraySlice<Parcel>] = [:]
        for parcel in comparison.removed { removed[parcel.label.name, default: []].append(parcel) }
        var lines: [(name: String, text: String)] = []
        var counts = (changed: 0, added: 0, removed: 0)
        for parcel in comparison.added {
            let label = parcel.label
            if let old = removed[label.name]?.popFirst()?.label {
                counts.changed += 1
                let sizes =
                    old.sha256 == label.sha256
                    ? "same content, another description" : "\(Quantity.size(old.size)) → \(Quantity.size(label.size))"
                lines.append((label.name, "~ \(label.name)  \(sizes)"))
            } else {
                counts.added += 1
                lines.append((label.name, "+ \(label.name)  \(Quantity.size(label.size))"))
            }
        }
        for label in removed.values.joined().map(\.label) {
            counts.removed += 1
            lines.append((label.name, "- \(label.name)  \(Quantity.size(label.size))"))
        }
        lines.sort { $0.name < $1.name }
        var text = lines.map { $0.text + "\n" }.joined()
        if comparison.isFrameDifferent {
            text += "ID, description, authors, annotations, groups or signatures differ.\n"
        }
        text +=
            lines.isEmpty
            ? "No parcel differs.\n"
            : "\(Quantity.count(counts.changed, "parcel")) changed, \(counts.added) added, \(counts.removed) removed.\n"
        self.text = text
    }
}
