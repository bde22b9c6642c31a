import Foundation

/// Reads the log of a sandbox, which may be running meanwhile.
public struct LogReader {
    private let path: String
    private var inode: UInt64 = 0
    private var offset: UInt64 = 0
    private var partial: [UInt8] = []

    /// - Parameter path: the log's file, which need not be there yet.
    public init(path: String) {
        self.path = path
    }

    /// The entries that are there, and have not been read, oldest first. A log that has been turned over meanwhile is
    /// read to its end first.
    public mutating func next() -> [LogEntry] {
        var entries: [LogEntry] = []
        if inode == 0 {
            entries += Self.entries(in: FileManager.default.contents(atPath: LogFile.older(path)) ?? Data())
        }
        var status = stat()
        guard stat(path, &status) == 0 else { return entries }
        let current = UInt64(status.st_ino)
        if inode != 0 && (current != inode || UInt64(status.st_size) < offset) {
            // The rest of what is the older half now.
            if current != inode { entries += read(LogFile.older(path), ifInode: inode) }
            offset = 0
            partial = []
        }
        inode = current
        return entries + read(path, ifInode: current)
    }

    private mutating func read(_ path: String, ifInode expected: UInt64) -> [LogEntry] {
        guard let file = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? file.close() }
        var status = stat()
        guard fstat(file.fileDescriptor, &status) == 0, UInt64(status.st_ino) == expected else { return [] }
        guard (try? file.seek(toOffset: offset)) != nil, let data = try? file.readToEnd() else { return [] }
        offset += UInt64(data.count)
        partial += data
        guard let end = partial.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { partial.removeSubrange(...end) }
        return Self.entries(in: partial[...end])
    }

    private static func entries(in bytes: some Collection<UInt8>) -> [LogEntry] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { LogEntry(line: $0) }
    }
}
