import JSON
import Platform
import SandboxProtocol

/// All who are told what happens in a sandbox: standard output or error, and the log.
final class SandboxOutput: Sendable {
    private let writer: EventWriter
    private let log: EventWriter?
    private let onEvent: @Sendable (Event) -> Void

    /// - Parameters:
    ///   - descriptor: where events go, besides the log.
    ///   - logPath: the log's file; `nil` for none.
    ///   - onEvent: called for each event too, on the thread that tells it.
    init(
        descriptor: Int32, renderer: any EventRenderer, logPath: String?, onReaderGone: @escaping @Sendable () -> Void,
        onEvent: @escaping @Sendable (Event) -> Void
    ) {
        writer = EventWriter(fileDescriptor: descriptor, renderer: renderer, onReaderGone: onReaderGone)
        log = logPath.map { path in
            let file = UncheckedLogFile(LogFile(path: path))
            return EventWriter(renderer: LogRenderer()) { lines in
                file.file?.append(lines)
                return true
            }
        }
        self.onEvent = onEvent
    }

    func tell(_ event: Event) {
        writer.write(event)
        log?.write(event)
        onEvent(event)
    }

    /// Tells what a request log tells.
    func tell(_ entries: [RequestLogEntry]) {
        let batch = EventWriter.Batch(entries)
        writer.write(batch)
        log?.write(batch)
    }

    /// Tells a line of a build's output, as soon as there is room for it.
    func tellBuildLine(_ line: String) {
        writer.writeBuildLine(line)
        log?.writeBuildLine(line)
    }

    /// Writes text for people, which is no event.
    func write(text: String) {
        writer.write(text: text)
    }

    /// Waits until everything is written, and takes no more.
    func close() {
        writer.close()
        log?.close()
    }

    /// The file of a log, which only the log's own thread touches.
    ///
    /// Sendable because one thread uses the file: the log's own.
    private final class UncheckedLogFile: @unchecked Sendable {
        let file: LogFile?

        init(_ file: LogFile?) {
            self.file = file
        }
    }

    private struct LogRenderer: EventRenderer {
        func render(_ event: Event) -> String {
            LogEntry(time: Double(SystemTime().nanosecondsSince1970) / 1e9, event: event).line
        }

        func render(_ entries: [RequestLogEntry], to output: inout [UInt8]) {
            var writer = JSONWriter()
            for entry in entries { writer.write(entry, time: Int((entry.time * 1000).rounded())) }
            output += writer.bytes
        }
    }
}
