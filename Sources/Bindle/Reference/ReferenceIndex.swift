import Platform
import Synchronization

/// What can be searched of the invoices in a reference server's directory. A file that is what it was is not read again.
final class ReferenceIndex: Sendable {
    /// What is searched of an invoice.
    struct Entry: Sendable {
        let id: BindleID
        let isYanked: Bool
        /// Name, version, description and authors, in lower case.
        private let texts: [String]

        init(_ invoice: Invoice) {
            id = invoice.id
            isYanked = invoice.isYanked
            let bindle = invoice.bindle
            texts = ([id.name, id.version.description, bindle.description ?? ""] + bindle.authors).map {
                $0.lowercased()
            }
        }

        /// A number that no other ID has.
        var number: Int64 { id.digest.bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) } }

        /// Whether a text, or a word in it, begins so.
        func matches(_ beginning: String) -> Bool {
            texts.contains { text in
                text.hasPrefix(beginning)
                    || text.split { !$0.isLetter && !$0.isNumber }.contains { $0.hasPrefix(beginning) }
            }
        }
    }

    /// The entries by the names of their directories; `nil` for an invoice that cannot be read.
    private let known = Mutex<[String: (file: FileIdentity, entry: Entry?)]>([:])

    /// The entries of the invoices that can be read.
    func entries(of directory: ReferenceDirectory) throws(StandaloneBindleError) -> [Entry] {
        let old = known.withLock { $0 }
        var new: [String: (file: FileIdentity, entry: Entry?)] = [:]
        var entries: [Entry] = []
        for name in try directory.names() {
            // Looked at before it is read: what changes meanwhile is something else the next time.
            let now = WallClock.nanoseconds()
            guard let file = FileIdentity(path: "\(directory.path)/invoices/\(name)/invoice.toml") else { continue }
            let entry: Entry?
            if let known = old[name], known.file == file {
                entry = known.entry
            } else {
                entry = (try? directory.bindle(at: name)).map { Entry($0.invoice) }
            }
            if let entry { entries.append(entry) }
            if !file.isRacy(at: now) { new[name] = (file, entry) }
        }
        known.withLock { [new] in $0 = new }
        return entries
    }
}
