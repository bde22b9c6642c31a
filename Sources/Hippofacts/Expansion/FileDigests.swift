import Bindle
import Dispatch
import Platform
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The digests of a set of files from one time to the next: only files whose identity changed are read.
struct FileDigests: Sendable {
    struct Entry: Sendable {
        let identity: FileIdentity
        /// The digest, in hexadecimal.
        let digest: String
        /// The file was written so shortly before it was read that another write could have left the same time.
        let isRacy: Bool
    }

    typealias Request = (path: String, identity: FileIdentity)

    /// By path, relative to the project.
    private var entries: [String: Entry] = [:]
    /// How many files had to be read the last time.
    private(set) var readCount = 0

    init() {}

    /// With what another process knew.
    init(trusting entries: [String: Entry]) {
        self.entries = entries
    }

    /// What holds as long as the files' identities do.
    var trustworthy: [String: Entry] { entries.filter { !$0.value.isRacy } }

    /// The digests of these files below `root`, in the same order. Files that are not asked for are forgotten.
    mutating func digests(of requests: [Request], below root: String) throws(FileChangeError) -> [Entry] {
        var found = requests.map { request in
            entries[request.path].flatMap { $0.identity == request.identity && !$0.isRacy ? $0 : nil }
        }
        let changed = found.indices.filter { found[$0] == nil }
        readCount = changed.count
        var failure: (place: Int, error: FileChangeError)?
        for (place, result) in Self.read(changed, requests, below: root) {
            switch result {
            case .success(let entry): found[place] = entry
            case .failure(let error):
                if failure == nil || failure!.place > place { failure = (place, error) }
            }
        }
        var updated: [String: Entry] = [:]
        updated.reserveCapacity(requests.count)
        for (request, entry) in zip(requests, found) { updated[request.path] = entry }
        // After a failure, too: what was read will be needed the next time.
        entries = updated
        if let failure { throw failure.error }
        return found.compactMap { $0 }
    }

    /// Reads one file below `root` anew, whatever its identity.
    static func entry(of path: String, below root: String) throws(FileChangeError) -> Entry {
        try hash(path, below: root)
    }

    /// Takes in what `entry` has found.
    mutating func update(_ path: String, to entry: Entry) {
        entries[path] = entry
    }

    private static func read(
        _ places: [Int], _ requests: [Request], below root: String
    ) -> [(Int, Result<Entry, FileChangeError>)] {
        let results = Mutex<[(Int, Result<Entry, FileChangeError>)]>([])
        let read = { @Sendable (number: Int) in
            let place = places[number]
            let result = Result { () throws(FileChangeError) in try hash(requests[place].path, below: root) }
            results.withLock { $0.append((place, result)) }
        }
        if places.count < 2 {
            places.indices.forEach(read)
        } else {
            DispatchQueue.concurrentPerform(iterations: places.count, execute: read)
        }
        return results.withLock { $0 }
    }

    /// The most bytes of a module, as the runtime takes it.
    private static let largestModule: Int64 = 1 << 30
    /// The most bytes of another file. Larger ones are sparse, and reading them would never end.
    private static let largestFile: Int64 = 1 << 40

    /// Reads one file, again if it changes meanwhile.
    private static func hash(_ path: String, below root: String) throws(FileChangeError) -> Entry {
        let file = "\(root)/\(path)"
        for _ in 0..<5 {
            guard let before = FileStatus(path: file) else { throw .vanished(path: path) }
            let limit = path.hasSuffix(".wasm") ? largestModule : largestFile
            guard before.size <= limit else { throw .tooLarge(path: path, limit: limit) }
            let isRacy = before.isRacy(at: SystemTime().nanosecondsSince1970)
            let result: (digest: SHA256Digest, size: Int)
            do {
                result = try SHA256.hash(fileAt: file)
            } catch {
                throw error.code == ENOENT ? .vanished(path: path) : .unreadable(path: path, code: error.code)
            }
            guard let after = FileStatus(path: file) else { throw .vanished(path: path) }
            if before.identity == after.identity, result.size == Int(after.identity.size) {
                return Entry(identity: after.identity, digest: result.digest.hex, isRacy: isRacy)
            }
        }
        throw .keepsChanging(path: path)
    }
}

/// Why a file of the project could not be read.
enum FileChangeError: Error {
    case vanished(path: String)
    case unreadable(path: String, code: Int32)
    /// It was written to each time that it was read.
    case keepsChanging(path: String)
    /// It has more than `limit` bytes.
    case tooLarge(path: String, limit: Int64)

    var path: String {
        switch self {
        case .vanished(let path), .unreadable(let path, _), .keepsChanging(let path), .tooLarge(let path, _): path
        }
    }

    var message: String {
        switch self {
        case .vanished: "the file has vanished"
        case .unreadable(_, let code): "the file cannot be read: \(SystemError.reason(code))"
        case .keepsChanging: "the file keeps changing while it is read"
        case .tooLarge(_, let limit): "the file is larger than \(limit >> 30) GiB"
        }
    }
}
