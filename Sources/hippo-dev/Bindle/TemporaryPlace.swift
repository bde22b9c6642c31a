import Foundation

/// A directory for what is in between, which only this user may enter, and which goes with its last reference.
final class TemporaryPlace {
    let path: String

    /// Beside a file that is to be written, so that there is room for as much.
    convenience init(beside file: String) throws {
        let directory = URL(fileURLWithPath: file).deletingLastPathComponent().path
        try self.init(in: directory)
    }

    init(in directory: String = FileManager.default.temporaryDirectory.path) throws {
        path = "\(directory)/.hippo-dev-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
