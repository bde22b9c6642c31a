import Bindle
import Foundation
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
final class RouteLog: Sendable {
    let route: String
    private let path: String?
    private let observer: (@Sendable (LogLine) -> Void)?
    /// Opened by the first line.
    private let descriptor = Mutex<Int32>(-1)

    /// The file is `DIRECTORY/SHA256_OF_ROUTE/module.stderr`; without a directory, there is none.
    init(route: String, directory: String?, observer: (@Sendable (LogLine) -> Void)?) {
        self.route = route
        self.observer = observer
        path = directory.map { "\($0)/\(SHA256.hash(route.utf8).hex)/module.stderr" }
    }

    deinit {
        let descriptor = descriptor.withLock { $0 }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Appends whole lines, each with its end, and tells the observer of them.
    func append(_ lines: [UInt8], requestID: UInt64?) {
        if let path { append(lines, toFileAt: path) }
        guard let observer else { return }
        for line in lines.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast() {
            observer(LogLine(route: route, requestID: requestID, text: String(decoding: line, as: UTF8.self)))
        }
    }

    private func append(_ lines: [UInt8], toFileAt path: String) {
        descriptor.withLock { descriptor in
            if descriptor < 0 {
                let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
                try? FileManager.default.createDirectory(
                    atPath: directory.joined(separator: "/"), withIntermediateDirectories: true)
                descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            }
            // A log that cannot be written, on a full disk for one, is no reason to fail requests.
            if descriptor >= 0 { _ = lines.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
        }
    }

    /// Appends what the server has to say.
    func append(_ text: String, requestID: UInt64?) {
        append(Array(text.utf8) + [UInt8(ascii: "\n")], requestID: requestID)
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
    private static let keptEnd = 16 << 10
    /// A longer line is broken.
    private static let maximumLine = 64 << 10

    init(_ log: RouteLog, requestID: UInt64?) {
        self.log = log
        self.requestID = requestID
    }

    func write(_ bytes: UnsafeRawBufferPointer) {
        end.bytes += bytes.suffix(Self.keptEnd)
        end.byteCount += bytes.count
        // Now and then only, so that a byte is not moved for each one that comes.
        if end.bytes.count > 2 * Self.keptEnd { end.bytes.removeFirst(end.bytes.count - Self.keptEnd) }
        partialLine.append(contentsOf: bytes)
        if let end = partialLine.lastIndex(of: UInt8(ascii: "\n")) {
            log.append(Array(partialLine[...end]), requestID: requestID)
            partialLine.removeSubrange(...end)
        }
        if partialLine.count > Self.maximumLine { flush() }
    }

    /// Ends a line that has no end.
    func flush() {
        guard !partialLine.isEmpty else { return }
        log.append(partialLine + [UInt8(ascii: "\n")], requestID: requestID)
        partialLine = []
    }
}
