package import Foundation
import Platform
package import Synchronization

/// A fresh directory that is removed, with all that is in it, when its last reference goes.
package final class TemporaryDirectory: Sendable {
    package let url: URL
    package var path: String { url.path }

    package init() throws {
        url = FileManager.default.temporaryDirectory
            .resolvingSymlinksInPath()
            .appendingPathComponent("hippo-dev-tests-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        Self.registry.withLock { $0.append(url) }
        _ = Self.removalAtExit
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// All that this process has made.
    private static let registry = Mutex<[URL]>([])

    /// A process that a test has started and killed may have made files again after its directory was removed: at the end,
    /// when all of them have had time to end, what is there again is removed, too.
    private static let removalAtExit: Void = {
        atexit {
            let directories = TemporaryDirectory.registry.withLock { $0 }
            for _ in 0..<20 {
                let left = directories.filter { FileManager.default.fileExists(atPath: $0.path) }
                guard !left.isEmpty else { return }
                for directory in left { try? FileManager.default.removeItem(at: directory) }
                usleep(50_000)
            }
        }
    }()

    /// Writes `text` to the file at `relativePath`, making the folders above it, and returns its place.
    @discardableResult
    package func write(_ text: String, to relativePath: String) throws -> URL {
        try write(Data(text.utf8), to: relativePath)
    }

    /// Writes `data` to the file at `relativePath`, making the folders above it, and returns its place.
    @discardableResult
    package func write(_ data: Data, to relativePath: String) throws -> URL {
        let file = url.appendingPathComponent(relativePath)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        // One that was there may be open in a test.
        let isNew = !FileManager.default.fileExists(atPath: file.path)
        try data.write(to: file)
        if isNew { Self.waitForClosing(of: file.path) }
        return file
    }

    /// A process that another thread starts has this process's files open until it runs its program. Who watches the file would
    /// be told only then that it was closed.
    private static func waitForClosing(of path: String) {
        _ = eventually { OpenForWriting(fileAt: path) != .yes }
    }
}
