import ComponentModel
import WASI

/// The resource `directory-entry-stream` of `wasi:filesystem/types`.
///
/// `.` and `..` are not among the entries, nor is what has a name that is not UTF-8: no path could lead there.
final class DirectoryEntryStream {
    private static let batchSize = 64

    private let directory: any OpenDirectory
    /// The cookie that goes on after the entries that were read.
    private var cookie: UInt64 = 0
    /// Entries that were read and not handed out, the next one at the end.
    private var entries: [Value] = []
    private var hasEnded = false

    init(_ directory: any OpenDirectory) {
        self.directory = directory
    }

    /// The next `directory-entry`; `nil` at the end.
    func next() throws(ErrorNumber) -> Value? {
        if entries.isEmpty, !hasEnded { try readBatch() }
        return entries.popLast()
    }

    private func readBatch() throws(ErrorNumber) {
        var batch: [Value] = []
        hasEnded = true
        try directory.list(from: cookie) { entry in
            cookie = entry.next
            if let name = String(validating: entry.name, as: UTF8.self), name != ".", name != ".." {
                batch.append(.record([.enumeration(entry.type.caseNumber(isPipe: false)), .string(name)]))
            }
            hasEnded = batch.count < Self.batchSize
            return hasEnded
        }
        entries = batch.reversed()
    }
}
