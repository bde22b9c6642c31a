import Bindle
import Glibc
import Platform
import Synchronization

/// A line that a module wrote to its standard error, or that the server says about a request to it.
package struct LogLine: Sendable {
    package let route: String
    /// The request's number; nil for what happened while the module was loaded.
    package let requestID: UInt64?
    /// Without its end.
    package let text: String
}

/// The log of one route: a file that lines are appended to, and whoever observes them.
///
/// A handler may log so much a second and no more, whoever asks it how often: what is beyond is left out, and told.
final class RouteLog: Sendable {
    /// Bytes a second that a handler may log, and how many it may save up.
    static let rate = 1 << 20

    let route: String
    private let path: String?
    private let limit: Int
    private let observer: (@Sendable (LogLine) -> Void)?
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    private struct State {
        /// Opened by the first line.
        var descriptor: Int32 = -1
        /// How long the file is.
        var size = 0
        /// How many bytes may be logged now.
        var allowance = RouteLog.rate
        var countedAt: ContinuousClock.Instant?
        var droppedLines = 0
        var droppedBytes = 0
    }

    /// The file is `DIRECTORY/SHA256_OF_ROUTE/module.stderr`. Beyond `limit` bytes it becomes `module.stderr.1`, in place
    /// of the one before. Without a directory, there is no file.
    init(
        route: String, directory: String?, limit: Int = 10 << 20,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, observer: (@Sendable (LogLine) -> Void)?
    ) {
        self.now = now
        self.route = route
        self.limit = limit
        self.observer = observer
        path = directory.map { "\($0)/\(SHA256.hash(route.utf8).hex)/module.stderr" }
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends whole lines, each with its end, and tells the observer of them.
    ///
    /// - Parameter isLimited: whether they are a guest's, which may write only so much.
    func append(_ lines: [UInt8], requestID: UInt64?, isLimited: Bool = true) {
        let (isTaken, notice) = state.withLock { state in
            let notice = takeNotice(&state, lines.count)
            guard state.allowance >= lines.count || !isLimited else {
                _ = lines.withUnsafeBytes { Lines.forEach(in: $0) { _ in state.droppedLines += 1 } }
                state.droppedBytes += lines.count
                return (false, notice)
            }
            if isLimited { state.allowance -= lines.count }
            if let notice { write(Array("\(notice)\n".utf8), &state) }
            write(lines, &state)
            return (true, notice)
        }
        guard let observer else { return }
        if let notice { observer(LogLine(route: route, requestID: nil, text: notice)) }
        guard isTaken else { return }
        _ = lines.withUnsafeBytes { bytes in
            Lines.forEach(in: bytes) { line in
                observer(LogLine(route: route, requestID: requestID, text: String(decoding: line, as: UTF8.self)))
            }
        }
    }

    /// Says what was left out, if anything was, at the end of a request.
    func tellDrops() {
        let notice = state.withLock { state in
            let notice = takeNotice(&state, 0)
            if let notice { write(Array("\(notice)\n".utf8), &state) }
            return notice
        }
        if let notice { observer?(LogLine(route: route, requestID: nil, text: notice)) }
    }

    /// Counts the time that has passed, and what was left out until now, if so many bytes may be logged again.
    private func takeNotice(_ state: inout State, _ byteCount: Int) -> String? {
        let now = now()
        let earned = (now - (state.countedAt ?? now)).seconds * Double(Self.rate)
        if earned >= 1 || state.countedAt == nil {
            state.allowance = Int(min(Double(Self.rate), Double(state.allowance) + earned))
            state.countedAt = now
        }
        guard state.droppedBytes > 0, state.allowance >= byteCount else { return nil }
        defer { (state.droppedLines, state.droppedBytes) = (0, 0) }
        return
            "\(state.droppedLines) lines (\(state.droppedBytes) bytes) were left out: a handler may log 1 MiB a second"
    }

    private func write(_ lines: [UInt8], _ state: inout State) {
        guard let path else { return }
        if state.size > 0, state.size + lines.count > limit {
            close(state.descriptor)
            rename(path, path + ".1")
            (state.descriptor, state.size) = (-1, 0)
        }
        if state.descriptor < 0 { open(path, &state) }
        // A log that cannot be written, on a full disk for one, is no reason to fail requests.
        guard state.descriptor >= 0 else { return }
        let count = lines.withUnsafeBytes { Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
        state.size += max(0, count)
    }

    private func open(_ path: String, _ state: inout State) {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        try? Directories.make(directory.joined(separator: "/"))
        state.descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0o644)
        state.size = state.descriptor < 0 ? 0 : max(0, Int(lseek(state.descriptor, 0, SEEK_END)))
    }

    /// Appends what the server has to say.
    func append(_ text: String, requestID: UInt64?) {
        append(Array(text.utf8) + [UInt8(ascii: "\n")], requestID: requestID, isLimited: false)
    }
}

/// Lines among bytes: a guest may write any number of them, so that they are looked for as fast as can be.
private enum Lines {
    /// Calls `body` for each line that has an end, without it.
    ///
    /// - Returns: what follows the last one.
    static func forEach(
        in bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) -> UnsafeRawBufferPointer {
        var rest = bytes
        while let start = rest.baseAddress, let end = memchr(start, Int32(UInt8(ascii: "\n")), rest.count) {
            let count = UnsafeRawPointer(end) - start
            body(UnsafeRawBufferPointer(rebasing: rest[..<count]))
            rest = UnsafeRawBufferPointer(rebasing: rest[(count + 1)...])
        }
        return rest
    }
}

/// What one run of a module writes to its log: whole lines, so that runs at the same time do not mix theirs.
final class GuestErrorOutput: @unchecked Sendable {
    // Used by the guest's thread only, which its owner waits for.
    private var partialLine: [UInt8] = []
    private let log: RouteLog
    private let requestID: UInt64?
    /// The end of all that was written.
    private(set) var end = FailureReport.Output()
    static let keptEnd = 16 << 10
    /// Of a longer line, no more is kept: what a guest writes without an end must not be kept without one.
    static let maximumLine = 8 << 10
    /// How many bytes of the line were not kept.
    private var omitted = 0

    init(_ log: RouteLog, requestID: UInt64?) {
        self.log = log
        self.requestID = requestID
    }

    func write(_ bytes: UnsafeRawBufferPointer) {
        end.bytes += UnsafeRawBufferPointer(rebasing: bytes.suffix(Self.keptEnd))
        end.byteCount += bytes.count
        // Now and then only, so that a byte is not moved for each one that comes.
        if end.bytes.count > 2 * Self.keptEnd { end.bytes.removeFirst(end.bytes.count - Self.keptEnd) }
        var lines: [UInt8] = []
        let rest = Lines.forEach(in: bytes) { line in
            extend(line)
            takeLine(&lines)
            if lines.count >= Self.handedOver {
                log.append(lines, requestID: requestID)
                lines = []
            }
        }
        extend(rest)
        if !lines.isEmpty { log.append(lines, requestID: requestID) }
    }

    /// How many bytes of lines are handed to the log at once.
    private static let handedOver = 64 << 10

    private func extend(_ piece: UnsafeRawBufferPointer) {
        let kept = UnsafeRawBufferPointer(rebasing: piece.prefix(Self.maximumLine - partialLine.count))
        partialLine.append(contentsOf: kept)
        omitted += piece.count - kept.count
    }

    /// Moves the line, which is whole, to `lines`.
    private func takeLine(_ lines: inout [UInt8]) {
        lines += partialLine
        if omitted > 0 { lines += " … \(omitted) bytes more".utf8 }
        lines.append(UInt8(ascii: "\n"))
        partialLine.removeAll(keepingCapacity: true)
        omitted = 0
    }

    /// Ends a line that has no end.
    func flush() {
        if !partialLine.isEmpty {
            var lines: [UInt8] = []
            takeLine(&lines)
            log.append(lines, requestID: requestID)
        }
        log.tellDrops()
    }
}
