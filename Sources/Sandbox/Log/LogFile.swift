import Platform

/// A file of lines that never grows beyond a limit: when it is full, it becomes the older half, in place of the one
/// before.
///
/// To be used from one thread.
final class LogFile {
    /// How long each of the two files may become, in bytes.
    static let limit = 1 << 20

    private let path: String
    private let limit: Int
    private var fileDescriptor: Int32
    private var size: Int

    /// The older half of the log at `path`.
    static func older(_ path: String) -> String { path + ".1" }

    /// Opens the file to append to it; `nil` if that cannot be done.
    init?(path: String, limit: Int = LogFile.limit) {
        self.path = path
        self.limit = limit
        fileDescriptor = Self.open(path)
        guard fileDescriptor >= 0 else { return nil }
        size = Int(lseek(fileDescriptor, 0, SEEK_END))
    }

    deinit {
        if fileDescriptor >= 0 { close(fileDescriptor) }
    }

    /// Appends lines. What cannot be written is lost: a log must not keep the sandbox from working.
    func append(_ lines: [UInt8]) {
        if isRemoved { reopen() }
        var rest = lines[...]
        while !rest.isEmpty {
            let piece = Self.wholeLines(of: rest, limit: limit)
            rest = rest[piece.endIndex...]
            if size > 0 && size + piece.count > limit { turn() }
            guard fileDescriptor >= 0 else { return }
            let count = piece.withUnsafeBytes { write(fileDescriptor, $0.baseAddress, $0.count) }
            if count > 0 { size += count }
        }
    }

    /// As many lines as fit into a file; one at least.
    private static func wholeLines(of lines: ArraySlice<UInt8>, limit: Int) -> ArraySlice<UInt8> {
        guard lines.count > limit else { return lines }
        let newline = UInt8(ascii: "\n")
        let end = lines.prefix(limit).lastIndex(of: newline) ?? lines.firstIndex(of: newline)
        return end.map { lines[...$0] } ?? lines
    }

    private func turn() {
        close(fileDescriptor)
        rename(path, Self.older(path))
        fileDescriptor = Self.open(path)
        size = 0
    }

    private var isRemoved: Bool {
        var status = stat()
        return fileDescriptor < 0 || fstat(fileDescriptor, &status) != 0 || status.st_nlink == 0
    }

    /// Goes on in the file that has been made in place of the removed one. It is not made here: what removed it may be
    /// about to remove its directory.
    private func reopen() {
        if fileDescriptor >= 0 { close(fileDescriptor) }
        fileDescriptor = Self.open(path, isMade: false)
        size = fileDescriptor < 0 ? 0 : Int(lseek(fileDescriptor, 0, SEEK_END))
    }

    private static func open(_ path: String, isMade: Bool = true) -> Int32 {
        PrivateFiles.open(path, O_WRONLY | (isMade ? O_CREAT : 0) | O_APPEND)
    }
}
