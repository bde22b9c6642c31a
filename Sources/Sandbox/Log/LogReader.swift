import Foundation

/// Reads the log of a sandbox, which may be running meanwhile.
package struct LogReader {
    private let path: String
    /// What is being read. It stays so when the log is turned over, or removed.
    private var file: FileHandle?
    private var partial: [UInt8] = []
    private var hasBegun = false

    /// - Parameter path: the log's file, which need not be there yet.
    package init(path: String) {
        self.path = path
    }

    /// Whether the log is there, or may still come.
    package var isThere: Bool { file == nil || FileManager.default.fileExists(atPath: path) }

    /// The entries that are there, and have not been read, oldest first. A log that has been turned over meanwhile is
    /// read to its end first.
    package mutating func next() -> [LogEntry] {
        var entries: [LogEntry] = []
        if !hasBegun {
            entries += Self.entries(in: PrivateFiles.content(of: LogFile.older(path)) ?? [])
            hasBegun = true
        }
        entries += rest()
        let descriptor = PrivateFiles.open(path, O_RDONLY | O_NONBLOCK)
        guard descriptor >= 0 else { return entries }
        let current = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard !Self.isSame(current, file) else { return entries }
        file = current
        partial = []
        return entries + rest()
    }

    private mutating func rest() -> [LogEntry] {
        guard let file, let data = try? file.readToEnd(), !data.isEmpty else { return [] }
        partial += data
        guard let end = partial.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { partial.removeSubrange(...end) }
        return Self.entries(in: partial[...end])
    }

    /// Whether both are one file, which has not been emptied.
    private static func isSame(_ current: FileHandle, _ file: FileHandle?) -> Bool {
        var (one, other) = (stat(), stat())
        guard let file, fstat(current.fileDescriptor, &one) == 0, fstat(file.fileDescriptor, &other) == 0,
            let offset = try? file.offset()
        else { return false }
        return one.st_dev == other.st_dev && one.st_ino == other.st_ino && UInt64(one.st_size) >= offset
    }

    private static func entries(in bytes: some Collection<UInt8>) -> [LogEntry] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { LogEntry(line: $0) }
    }
}
