import Platform

/// Reads the log of a sandbox, which may be running meanwhile.
package struct LogReader {
    private let path: String
    /// What is being read. It stays so when the log is turned over, or removed.
    private var file: OpenLog?
    /// The older half that was there at last, which is read. It is kept open, so that no other file is taken for it.
    private var older: OpenLog?
    private var partial: [UInt8] = []
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
        if file == nil {
            // In this order: if the log is turned over in between, both are one file.
            file = OpenLog(path)
            entries += unreadOlderHalf()
        }
        while true {
            entries += rest()
            guard let current = OpenLog(path), !current.isSame(as: file) else { return entries }
            // What has come to the one before until it was turned over, after it was read above.
            entries += rest()
            // Another one may have become full in between.
            entries += unreadOlderHalf()
            file = current
            partial = []
        }
    }

    /// The entries of the older half, if that is a file that has not been read.
    private mutating func unreadOlderHalf() -> [LogEntry] {
        guard let found = OpenLog(LogFile.older(path)), found.id != older?.id else { return [] }
        older = found
        guard found.id != file?.id, let bytes = found.readToEnd() else { return [] }
        return Self.entries(in: bytes)
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
            guard descriptor >= 0 else { return nil }
            // What has no position, such as a FIFO, would look like another file each time.
            guard FileStatus(descriptor: descriptor)?.isRegular == true else {
                close(descriptor)
                return nil
            }
        }

        deinit {
            close(descriptor)
        }

        var id: FileID? { FileStatus(descriptor: descriptor)?.id }

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
