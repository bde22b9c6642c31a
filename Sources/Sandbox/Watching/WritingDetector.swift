import Platform

/// Decides whether a failure may be told, or has to wait since a file that it may come from is still being written.
///
/// It has no clock: whoever asks says how late it is, and is told when to ask again. Only failures are held back; what is
/// good is served however long its file stays open.
struct WritingDetector: Sendable {
    /// How a file looks, and whether it is open.
    struct Sample: Hashable, Sendable {
        var openForWriting: OpenForWriting
        /// Bytes, and nanoseconds since 1970; 0 for a file that is not there.
        var size: Int64 = 0
        var modificationTime: Int64 = 0
    }

    private struct Observed {
        var sample: Sample
        /// Since when it has looked like this.
        var since: MonotonicTime
    }

    /// A failure is held back for this long at most.
    static let patience = Duration.seconds(5)
    /// Where the system does not tell who has a file open, it counts as written when it has looked the same for so long.
    static let stillness = Duration.milliseconds(300)
    /// Where the system tells, it is asked so often.
    static let interval = Duration.milliseconds(20)

    private let sample: @Sendable (String) -> Sample
    private var observed: [String: Observed] = [:]
    private var start: MonotonicTime?

    /// - Parameter sample: looks at the file at an absolute path.
    init(sample: @escaping @Sendable (String) -> Sample = { WritingDetector.look(at: $0) }) {
        self.sample = sample
    }

    /// Whether the failure has to be held back.
    ///
    /// - Parameters:
    ///   - paths: the files that the failure may come from: those that have changed since things went well, and the one
    ///     that it names. Absolute.
    ///   - now: how late it is.
    /// - Returns: when to ask again, unless a change makes the failure void before; `nil` if it may be told.
    mutating func unsettled(among paths: Set<String>, now: MonotonicTime) -> MonotonicTime? {
        let start = start ?? now
        self.start = start
        guard now < start + Self.patience else { return nil }
        var next: MonotonicTime?
        for path in paths {
            guard let time = nextLook(at: path, now) else { continue }
            next = min(next ?? time, time)
        }
        return next.map { min($0, start + Self.patience) }
    }

    /// Begins anew: a change has come, or things went well.
    mutating func reset() {
        observed = [:]
        start = nil
    }

    /// When a file has to be looked at again; `nil` if nobody writes it.
    private mutating func nextLook(at path: String, _ now: MonotonicTime) -> MonotonicTime? {
        let sample = sample(path)
        if observed[path]?.sample != sample { observed[path] = Observed(sample: sample, since: now) }
        let since = observed[path]?.since ?? now
        switch sample.openForWriting {
        case .no: return nil
        case .yes: return now + Self.interval
        case .unknown: return now < since + Self.stillness ? since + Self.stillness : nil
        }
    }

    private static func look(at path: String) -> Sample {
        let status = LongPath.status(path)
        return Sample(
            openForWriting: OpenForWriting(fileAt: path), size: status?.size ?? 0,
            modificationTime: status?.identity.modificationTime ?? 0)
    }
}
