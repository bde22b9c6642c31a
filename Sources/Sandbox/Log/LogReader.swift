import Platform

/// Reads the log of a sandbox, which may be running meanwhile.
package struct LogReader {
    private let path: String
    /// What is being read. It stays so when the log is turned over, or removed.
    private var file: OpenLog?
    private var partial: [UInt8] = []
    private var hasBegun = false
    /// What is read at once at most, in bytes: both halves of a log are smaller.
    private static let limit = 64 << 20

    /// - Parameter path: the log's file, which need not be there yet.
    package init(path: String) {
        self.path = path
    }

    /// Whether the log is there now.
    package var isThere: Bool { FileStatus(path: path) != nil }

    /// Whether the log has been there since the reader began.
    package var hasOpened: Bool { file != nil }

    /// The entries that are there, and have not been read, oldest first. A log that has been turned over meanwhile is
    /// read to its end first.
    package mutating func next() -> [LogEntry] {
        var entries: [LogEntry] = []
        if !hasBegun {
            entries += Self.entries(in: PrivateFiles.content(of: LogFile.older(path)) ?? [])
            hasBegun = true
        }
        entries += rest()
        guard let current = OpenLog(path), !current.isSame(as: file) else { return entries }
        file = current
        partial = []
        return entries + rest()
    }

    private mutating func rest() -> [LogEntry] {
        guard let data = file?.readToEnd(), !data.isEmpty else { return [] }
        partial += data
        guard let end = partial.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { partial.removeSubrange(...end) }
        return Self.entries(in: partial[...end])
    }

    /// A log that is open, and read up to some position.
    private final class OpenLog {
        private let descriptor: Int32

        init?(_ path: String) {
            descriptor = PrivateFiles.open(path, O_RDONLY | O_NONBLOCK)
            if descriptor < 0 { return nil }
        }

        deinit {
            close(descriptor)
        }

        func readToEnd() -> [UInt8]? {
            try? FileReader.bytes(of: descriptor, path: "the log", limit: LogReader.limit)
        }

        /// Whether both are one file, which has not been emptied since the other one was read.
        func isSame(as other: OpenLog?) -> Bool {
            guard let other, let status = FileStatus(descriptor: descriptor) else { return false }
            let position = Int64(lseek(other.descriptor, 0, SEEK_CUR))
            return FileStatus(descriptor: other.descriptor)?.id == status.id && position >= 0 && status.size >= position
        }
    }

    private static func entries(in bytes: some Collection<UInt8>) -> [LogEntry] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { LogEntry(line: $0) }
    }
}
