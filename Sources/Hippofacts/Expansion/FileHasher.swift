import Bindle
import Content
import Dispatch
import Platform
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads files for their digests, on all cores.
struct FileHasher {
    /// The project's directory.
    let root: String
    let control: ExpansionControl?
    let time: any TimeSource

    /// How much of a file is read at a time: enough that a system call's cost vanishes, little enough for the second-level
    /// cache.
    private static let chunkSize = 256 << 10
    /// How often a file is read again that changes meanwhile.
    private static let attempts = 5

    typealias Outcome = Result<DigestTable.Entry, FileChangeError>

    /// Reads these files, and gives what became of them in the same order.
    func read(_ requests: [FileDigests.Request]) -> [Outcome] {
        control?.expect(files: requests.count, bytes: requests.reduce(0) { $0 + Int($1.identity.size) })
        let directory = LongPath.open(root, O_RDONLY | O_DIRECTORY)
        guard directory >= 0 else { return requests.map { .failure(.vanished(path: $0.path)) } }
        defer { close(directory) }
        // Large files first, so that the last one to be read is not one of them.
        let order = requests.indices.sorted { requests[$0].identity.size > requests[$1].identity.size }
        let next = Atomic<Int>(0)
        let outcomes = Mutex<[Outcome?]>(Array(repeating: nil, count: requests.count))
        let work = { @Sendable in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 64)
            defer { buffer.deallocate() }
            var own: [(Int, Outcome)] = []
            while true {
                let number = next.add(1, ordering: .relaxed).oldValue
                guard number < order.count else { break }
                let path = requests[order[number]].path
                own.append(
                    (order[number], Result { () throws(FileChangeError) in try read(path, in: directory, buffer) }))
                control?.noteFile()
            }
            outcomes.withLock { outcomes in for (index, outcome) in own { outcomes[index] = outcome } }
        }
        if requests.count < 2 {
            work()
        } else {
            let threads = min(requests.count, max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
            DispatchQueue.concurrentPerform(iterations: threads) { _ in work() }
        }
        return outcomes.withLock { outcomes in
            zip(requests, outcomes).map { $1 ?? .failure(.vanished(path: $0.path)) }
        }
    }

    /// The most bytes of a module, as the runtime takes it.
    private static let largestModule: Int64 = 1 << 30
    /// The most bytes of another file. Larger ones are sparse, and reading them would never end.
    private static let largestFile: Int64 = 1 << 40

    /// Reads one file, again if it changes meanwhile.
    private func read(
        _ path: RelativePath, in directory: Int32, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(FileChangeError) -> DigestTable.Entry {
        for _ in 0..<Self.attempts {
            if control?.isCancelled == true { throw .isCancelled }
            // What has become a pipe meanwhile must not be waited for.
            let descriptor = path.withUTF8 { LongPath.open($0, in: directory, O_RDONLY | O_NONBLOCK) }
            guard descriptor >= 0 else {
                let code = errno
                throw code == ENOENT || code == ENOTDIR ? .vanished(path: path) : .unreadable(path: path, code: code)
            }
            defer { close(descriptor) }
            guard OpenedPlace.isOfProject(root, descriptor) else { throw .leavesProject(path: path) }
            let now = time.nanosecondsSince1970
            guard let before = FileStatus(descriptor: descriptor), before.isRegular else { throw .vanished(path: path) }
            let limit = path.string.hasSuffix(".wasm") ? Self.largestModule : Self.largestFile
            guard before.size <= limit else { throw .tooLarge(path: path, limit: limit) }
            let (digest, size) = try hash(descriptor, path, before.size, buffer)
            if let after = FileStatus(descriptor: descriptor), after.identity == before.identity, size == after.size {
                return DigestTable.Entry(identity: after.identity, digest: digest, isRacy: before.isRacy(at: now))
            }
        }
        throw .keepsChanging(path: path)
    }

    private func hash(
        _ descriptor: Int32, _ path: RelativePath, _ size: Int64, _ buffer: UnsafeMutableRawBufferPointer
    ) throws(FileChangeError) -> (SHA256Digest, Int64) {
        var hash = SHA256()
        var position: Int64 = 0
        while true {
            let count = systemRead(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(path: path, code: errno) }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            position += Int64(count)
            control?.noteBytes(count)
            if count == 0 || position == size && count < buffer.count { return (hash.finalize(), position) }
            if control?.isCancelled == true { throw .isCancelled }
        }
    }
}

/// The system's `read`, which the methods above hide.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
