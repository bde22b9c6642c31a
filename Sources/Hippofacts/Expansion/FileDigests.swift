import Bindle
import Content
import Platform

/// The digests of a set of files from one time to the next: only files whose identity changed are read.
struct FileDigests: Sendable {
    typealias Entry = DigestTable.Entry
    typealias Request = (path: RelativePath, identity: FileIdentity)

    /// What was known after the last time that all files were asked for.
    private var table = DigestTable()
    /// What has come since; `nil` for files that are gone.
    private var updates: [RelativePath: Entry?] = [:]
    /// How many files had to be read the last time.
    private(set) var readCount = 0

    init() {}

    /// With what another process knew.
    init(trusting table: DigestTable) {
        self.table = table
    }

    /// What is known of a file.
    subscript(path: RelativePath) -> Entry? { updates[path] ?? table[path] }

    /// What is known of all files.
    var all: DigestTable {
        guard !updates.isEmpty else { return table }
        var rest = updates.compactMap { path, entry in entry.map { (path, $0) } }.sorted { $0.0 < $1.0 }[...]
        var all = DigestTable()
        all.reserve(table.count + rest.count)
        table.forEach { path, entry in
            while let (first, added) = rest.first, first.withUTF8({ $0.lexicographicallyPrecedes(path) }) {
                first.withUTF8 { _ = all.append($0, added) }
                rest.removeFirst()
            }
            guard let known = RelativePath(utf8: path), updates[known] == nil else { return }
            all.append(path, entry)
        }
        for (path, entry) in rest { path.withUTF8 { _ = all.append($0, entry) } }
        return all
    }

    /// The digests of these files below `root`, which come in the order of their paths. Files that are not asked for are
    /// forgotten.
    ///
    /// - Parameter elsewhere: the directories that paths are relative to, where that is not `root`.
    mutating func digests(
        of requests: [Request], below root: String, elsewhere: [RelativePath: String] = [:], time: any TimeSource,
        control: ExpansionControl? = nil
    ) throws(FileChangeError) -> [Entry] {
        var found: [Entry?] = []
        found.reserveCapacity(requests.count)
        var position = 0
        for (path, identity) in requests {
            var known = table.next(path, from: &position)
            if !updates.isEmpty, let update = updates[path] { known = update }
            found.append(known.flatMap { $0.identity == identity && !$0.isRacy ? $0 : nil })
        }
        let changed = found.indices.filter { found[$0] == nil }
        readCount = changed.count
        if changed.isEmpty, updates.isEmpty, requests.count == table.count { return found.compactMap { $0 } }
        // Few projects have files anywhere else, and these are few.
        let outside = changed.filter { elsewhere[requests[$0].path] != nil }
        let inside = outside.isEmpty ? changed : changed.filter { elsewhere[requests[$0].path] == nil }
        var results = FileHasher(root: root, control: control, time: time).read(inside.map { requests[$0] })
        for index in outside {
            let directory = elsewhere[requests[index].path] ?? root
            results += FileHasher(root: directory, control: control, time: time).read([requests[index]])
        }
        var failure: FileChangeError?
        for (index, result) in zip(inside + outside, results) {
            switch result {
            case .success(let entry): found[index] = entry
            case .failure(let error): if failure == nil { failure = error }
            }
        }
        // After a failure, too: what was read will be needed the next time.
        table = DigestTable()
        updates = [:]
        table.reserve(requests.count)
        for (request, entry) in zip(requests, found) {
            if let entry { request.path.withUTF8 { _ = table.append($0, entry) } }
        }
        if let failure { throw failure }
        return found.compactMap { $0 }
    }

    /// Takes in what has been read of a file; `nil` if it is gone.
    mutating func update(_ path: RelativePath, to entry: Entry?) {
        updates[path] = .some(entry)
    }
}

/// Why a file of the project could not be read.
enum FileChangeError: Error {
    case vanished(path: RelativePath)
    case unreadable(path: RelativePath, code: Int32)
    /// It has become a symbolic link that leads out of the project, or lies behind one.
    case leavesProject(path: RelativePath)
    /// It was written to each time that it was read.
    case keepsChanging(path: RelativePath)
    /// It has more than `limit` bytes.
    case tooLarge(path: RelativePath, limit: Int64)
    case isCancelled

    var message: String {
        switch self {
        case .vanished: "the file has vanished"
        case .unreadable(_, let code): "the file cannot be read: \(SystemError.reason(code))"
        case .leavesProject: "the file has become a symbolic link that leaves the project"
        case .keepsChanging: "the file keeps changing while it is read"
        case .tooLarge(_, let limit): "the file is larger than \(limit >> 30) GiB"
        case .isCancelled: HippofactsError.cancellationMessage
        }
    }

    /// The error as the user is told it.
    ///
    /// - Parameter shown: what a file of the project is called.
    func described(_ shown: (RelativePath) -> String) -> HippofactsError {
        switch self {
        case .vanished(let path), .unreadable(let path, _), .leavesProject(let path), .keepsChanging(let path),
            .tooLarge(let path, _):
            HippofactsError(file: shown(path), message: message)
        case .isCancelled: .cancelled
        }
    }
}
