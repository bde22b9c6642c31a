import Platform

/// Reads what a project's sandboxes tell, from one sandbox to the next.
package struct LogFollower {
    private let latest: () throws -> String?
    private let running: () throws -> [String]
    private var path: String
    private var reader: LogReader
    /// How often nothing has come, one time after the other.
    private var quietCount = 0
    /// When nothing has come so often, it is looked whether another sandbox runs.
    private static let patience = 20

    /// - Parameters:
    ///   - latest: finds the log of the sandbox that runs, or else of the last one that did.
    ///   - running: finds the logs of the sandboxes that run.
    /// - Returns: `nil` if there is no log.
    init?(latest: @escaping () throws -> String?, running: @escaping () throws -> [String]) throws {
        guard let path = try latest() else { return nil }
        self.latest = latest
        self.running = running
        self.path = path
        reader = LogReader(path: path)
    }

    /// - Parameters:
    ///   - project: the project, as for `hippo-dev up`.
    ///   - store: the sandbox's store, if it was started with one.
    /// - Returns: `nil` if no sandbox runs, and none has left a log.
    package init?(ofProject project: String, store: String?) throws {
        try self.init(
            latest: { try ProjectStore.log(ofProject: project, store: store) },
            running: { try ProjectStore.runningLogs(ofProject: project, store: store) })
    }

    /// The entries that are there, and have not been read, oldest first.
    package mutating func next() throws -> [LogEntry] {
        var entries = reader.next()
        // The log of a sandbox that has ended may stay, while another one runs. That need not be looked for each time.
        if reader.isThere {
            quietCount = entries.isEmpty ? quietCount + 1 : 0
            guard quietCount >= Self.patience else { return entries }
            quietCount = 0
        }
        // A sandbox's last words come just before its log is removed.
        entries += reader.next()
        // If the log had gone before it could be opened, its sandbox ended just then: what another has left is shown.
        // Otherwise only a sandbox that runs has something new to tell.
        guard let next = try nextPath() else { return entries }
        path = next
        reader = LogReader(path: next)
        return entries + reader.next()
    }

    private func nextPath() throws -> String? {
        guard reader.hasOpened else { return try latest().flatMap { $0 == path ? nil : $0 } }
        let logs = try running()
        return logs.contains(path) ? nil : logs.first
    }
}
