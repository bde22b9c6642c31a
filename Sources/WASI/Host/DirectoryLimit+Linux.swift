import CLinux
import Platform
import Synchronization

/// How much guests may keep below a directory of the host: every change of it is made here, one at a time.
///
/// A guest that would go beyond the limit gets `noSpace`, as on a disk that is full, and nothing of what it asked for is
/// done. See <doc:Room>.
final class DirectoryLimit: Sendable {
    /// Bytes, as ``DirectoryUsage/cost`` counts them.
    let bytes: Int64
    /// How people raise it; goes into messages.
    let remedy: String?
    private let directory: SharedDirectory
    /// Of the threads of this process.
    private let turn = Lock()
    private let state = Mutex(State())
    private let refusals = Atomic(0)

    private struct State {
        var ledger: DirectoryLedger?
        /// When the directory was looked through last, since others than guests may change it.
        var counted = ContinuousClock.now
        /// How long that took.
        var counting = Duration.zero

        /// How long the count is believed: so that looking takes no more than a small part of the time.
        ///
        /// - Parameter isRefusing: whether something would be refused for it.
        func trust(isRefusing: Bool) -> Duration {
            isRefusing ? max(.seconds(1), counting * 5) : max(.seconds(10), counting * 50)
        }
    }

    init(_ limit: Preopen.Limit, of directory: SharedDirectory) {
        bytes = Int64(limit.bytes)
        remedy = limit.remedy
        self.directory = directory
    }

    /// Whether a guest has been refused anything.
    var wasReached: Bool { refusals.load(ordering: .relaxed) > 0 }

    /// Begins to count now, so that what is in the way of it is noticed before a guest runs.
    func open() throws(ErrorNumber) { _ = try ledger() }

    /// Counts no more, until the next change.
    func close() {
        // Its end takes time.
        let ledger = state.withLock { $0.ledger.take() }
        withExtendedLifetime(ledger) {}
    }

    private func ledger() throws(ErrorNumber) -> DirectoryLedger {
        if let ledger = state.withLock({ $0.ledger }) { return ledger }
        let ledger = try DirectoryLedger(of: directory.descriptor())
        return state.withLock { state in
            if let earlier = state.ledger { return earlier }
            state.ledger = ledger
            state.counted = .now
            return ledger
        }
    }

    /// Lets one change be made while nobody else makes one.
    func exclusively<Result>(
        _ body: (inout DirectoryLedger.Count) throws(ErrorNumber) -> Result
    ) throws(ErrorNumber) -> Result {
        try turn.locked { () throws(ErrorNumber) in try ledger().exclusively(body) }
    }

    /// Makes sure that there is room for so many bytes more.
    ///
    /// - Throws: `noSpace`.
    private func makeRoom(_ growth: Int64, _ count: inout DirectoryLedger.Count) throws(ErrorNumber) {
        let ledger = try ledger()
        let now = ContinuousClock.now
        let known = state.withLock { $0 }
        if now - known.counted >= known.trust(isRefusing: growth > bytes - count.total) {
            ledger.recount(&count)
            let end = ContinuousClock.now
            state.withLock { ($0.counted, $0.counting) = (end, end - now) }
        }
        guard growth <= bytes - count.total else {
            refusals.add(1, ordering: .relaxed)
            throw .noSpace
        }
    }

    // MARK: Files

    /// Does what changes the length of a file that is open.
    ///
    /// - Parameter size: the length that the file will have at most, from the one that it has.
    func resize<Result>(
        _ file: Int32, to size: (Int64) throws(ErrorNumber) -> Int64, _ body: () throws(ErrorNumber) -> Result
    ) throws(ErrorNumber) -> Result {
        try exclusively { (count) throws(ErrorNumber) in
            guard let before = Platform.FileStatus(descriptor: file) else { throw .current }
            let growth = try size(before.size) - before.size
            if growth > 0 { try makeRoom(growth, &count) }
            defer {
                let change = (Platform.FileStatus(descriptor: file)?.size ?? before.size) - before.size
                if before.linkCount > 0 { count.named += change } else { count.nameless += change }
            }
            return try body()
        }
    }

    /// Opens what may be made or cut by that.
    ///
    /// - Parameters:
    ///   - before: what is there; `nil` for nothing.
    ///   - isNew: whether it is made if nothing is there.
    func open(
        before: () -> FileStatus?, isNew: Bool, _ body: () throws(ErrorNumber) -> HostDescriptor
    ) throws(ErrorNumber) -> HostDescriptor {
        try exclusively { (count) throws(ErrorNumber) in
            let before = before()
            if before == nil, isNew { try makeRoom(DirectoryUsage.costOfName, &count) }
            let opened = try body()
            guard let after = Platform.FileStatus(descriptor: opened.number), after.isRegular else { return opened }
            if let before {
                count.named += after.size - Int64(before.size)
            } else {
                count.named += DirectoryUsage.costOfName
            }
            note(opened.number, after, &count)
            return opened
        }
    }

    /// Takes note that a guest has a file open: it takes room until it is closed, though it may lose its name.
    func noteOpening(_ file: Int32) throws(ErrorNumber) {
        try exclusively { (count) throws(ErrorNumber) in
            guard let status = Platform.FileStatus(descriptor: file) else { throw .current }
            note(file, status, &count)
        }
    }

    /// A shared lock says that the file is open, to all processes, and goes with the process that has it.
    private func note(_ file: Int32, _ status: Platform.FileStatus, _ count: inout DirectoryLedger.Count) {
        // It lost its name after it was opened, when nobody could know that it was open.
        if status.linkCount == 0, flock(file, LOCK_EX | LOCK_NB) == 0 { count.nameless += status.size }
        _ = flock(file, LOCK_SH | LOCK_NB)
    }

    /// Takes note that a guest closes a file.
    func noteClosing(_ file: Int32) {
        try? exclusively { (count) throws(ErrorNumber) in
            let status = Platform.FileStatus(descriptor: file)
            // The last one to have it open gives its room back.
            if let status, status.linkCount == 0, flock(file, LOCK_EX | LOCK_NB) == 0 {
                count.nameless = max(0, count.nameless - status.size)
            }
            _ = flock(file, LOCK_UN)
        }
    }

    // MARK: Names

    /// Does what gives something a name, or one more.
    func addName(_ body: () throws(ErrorNumber) -> Void) throws(ErrorNumber) {
        try exclusively { (count) throws(ErrorNumber) in
            try makeRoom(DirectoryUsage.costOfName, &count)
            try body()
            count.named += DirectoryUsage.costOfName
        }
    }

    /// Does what takes a name away.
    func removeName(_ place: ParentDirectory, _ body: () throws(ErrorNumber) -> Void) throws(ErrorNumber) {
        try exclusively { (count) throws(ErrorNumber) in
            let loss = NameLoss(at: place)
            try body()
            loss?.apply(to: &count)
        }
    }

    /// Does what gives the thing at `source` the name `target`, which another may have.
    func moveName(
        from source: ParentDirectory, to target: ParentDirectory, _ body: () throws(ErrorNumber) -> Void
    ) throws(ErrorNumber) {
        try exclusively { (count) throws(ErrorNumber) in
            let loss = NameLoss(at: target)
            let moved = Platform.FileStatus(directory: source.descriptor.number, name: source.bareName)
            try body()
            // Two names of one file both stay.
            if let loss, loss.id != moved?.id { loss.apply(to: &count) }
        }
    }
}

/// What is there no more once a name is taken away.
private struct NameLoss {
    let id: FileID
    /// The bytes of a file that has no other name.
    private let length: Int64
    /// Whether a guest has that file open, so that its bytes are still there.
    private let isOpen: Bool

    init?(at place: ParentDirectory) {
        let directory = place.descriptor.number
        guard let status = Platform.FileStatus(directory: directory, name: place.bareName) else { return nil }
        id = status.id
        guard status.isRegular, status.linkCount == 1 else {
            (length, isOpen) = (0, false)
            return
        }
        length = status.size
        let file = openat(directory, place.bareName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        isOpen = file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0
        if file >= 0 { close(file) }
    }

    func apply(to count: inout DirectoryLedger.Count) {
        count.named -= length + DirectoryUsage.costOfName
        if isOpen { count.nameless += length }
    }
}
