/// What is different between two contents, file by file.
package struct ContentComparison: Hashable, Sendable {
    package enum Change: String, Hashable, Sendable {
        case added, removed
        /// The name has another content.
        case changed
        /// The content is the same, and is described otherwise, as by another route or media type.
        case redescribed
    }

    /// A name that has not the same in both.
    package struct File: Hashable, Sendable {
        package let change: Change
        package let from: Label?
        package let to: Label?

        package var name: String { (to ?? from)?.name ?? "" }
    }

    /// By the bytes of their names.
    package let files: [File]
    /// How many files are the same.
    package let sameCount: Int
    /// What else is different, in words of the invoice: `description`, `authors`, `annotations`, `groups`.
    package let otherDifferences: [String]

    /// Compares the contents of two invoices. Their IDs and signatures do not count.
    package init(from old: Invoice, to new: Invoice) {
        // A name may occur more than once: then the first has become the first, and so on.
        var before: [NameBytes: ArraySlice<Parcel>] = [:]
        for parcel in old.parcels { before[NameBytes(parcel.label.name), default: []].append(parcel) }
        var files: [File] = []
        var sameCount = 0
        for parcel in new.parcels {
            guard let other = before[NameBytes(parcel.label.name)]?.popFirst() else {
                files.append(File(change: .added, from: nil, to: parcel.label))
                continue
            }
            if other == parcel {
                sameCount += 1
            } else {
                let isSame = other.label.sha256 == parcel.label.sha256
                files.append(File(change: isSame ? .redescribed : .changed, from: other.label, to: parcel.label))
            }
        }
        for parcel in before.values.joined() {
            files.append(File(change: .removed, from: parcel.label, to: nil))
        }
        self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        self.sameCount = sameCount
        var others: [String] = []
        if old.bindle.description != new.bindle.description { others.append("description") }
        if old.bindle.authors != new.bindle.authors { others.append("authors") }
        if old.annotations != new.annotations { others.append("annotations") }
        if old.groups != new.groups { others.append("groups") }
        otherDifferences = others
    }

    package func count(_ change: Change) -> Int { files.count { $0.change == change } }
}
