import Dispatch
import Platform
import SandboxProtocol
import Synchronization

/// Turns events into text.
protocol EventRenderer: Sendable {
    mutating func render(_ event: Event) -> String
    /// Appends the lines of what a request log tells.
    mutating func render(_ entries: [RequestLogEntry], to output: inout [UInt8])
}

/// Writes events to a file descriptor, in order, on a thread of its own, so that a slow reader slows nobody down.
final class EventWriter: Sendable {
    /// What a request log tells at once.
    struct Batch: Sendable {
        let entries: [RequestLogEntry]
        /// Bytes of memory: an estimate.
        let byteCount: Int

        init(_ entries: [RequestLogEntry]) {
            self.entries = entries
            byteCount = entries.reduce(0) { sum, entry in
                switch entry.content {
                case .request(let request): sum + 256 + request.target.utf8.count
                case .line(let text, _, _): sum + 256 + text.utf8.count
                case .dropped, .damaged: sum + 256
                }
            }
        }
    }

    private enum Item {
        case event(Event)
        case batch([RequestLogEntry])
        /// Text that is no event, to be written as it is.
        case text(String)
    }

    private struct State {
        var pending: [Item] = []
        var isClosed = false
        /// What of request logs is pending, in bytes, and how many entries were left out.
        var batchBytes = 0
        var skippedEntries = 0
        /// What lines of builds are pending, in bytes.
        var buildBytes = 0
        /// How many threads wait for room.
        var waiterCount = 0
    }

    /// What request logs tell is left out while more than this of it is pending, in bytes: they are the only ones that tell
    /// without bound.
    private static let batchLimit = 8 << 20
    /// Who writes lines of a build waits while more than this is pending, in bytes.
    private static let buildLimit = 64 << 10

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let room = DispatchSemaphore(value: 0)
    private let onReaderGone: @Sendable () -> Void

    /// - Parameter onReaderGone: called once if nobody reads the descriptor any more.
    convenience init(
        fileDescriptor: Int32, renderer: any EventRenderer, onReaderGone: @escaping @Sendable () -> Void = {}
    ) {
        self.init(renderer: renderer, onReaderGone: onReaderGone) { Self.write($0, to: fileDescriptor) }
    }

    /// - Parameter sink: takes the text, on the writer's thread; false if nobody reads it any more.
    init(
        renderer: any EventRenderer, onReaderGone: @escaping @Sendable () -> Void = {},
        sink: @escaping @Sendable ([UInt8]) -> Bool
    ) {
        self.onReaderGone = onReaderGone
        SystemThread.detach(name: "events") { [self] in run(renderer, sink) }
    }

    func write(_ event: Event) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.pending.append(.event(event))
        }
        arrival.signal()
    }

    func write(_ batch: Batch) {
        state.withLock { state in
            guard !state.isClosed else { return }
            if state.batchBytes >= Self.batchLimit {
                state.skippedEntries += batch.entries.count
            } else {
                state.batchBytes += batch.byteCount
                state.pending.append(.batch(batch.entries))
            }
        }
        arrival.signal()
    }

    /// Writes a line of a build, as soon as there is room for it: a build can write faster than anybody reads.
    func writeBuildLine(_ line: String) {
        while true {
            let isDone = state.withLock { state in
                guard !state.isClosed else { return true }
                guard state.buildBytes < Self.buildLimit else {
                    state.waiterCount += 1
                    return false
                }
                state.buildBytes += line.utf8.count + 1
                state.pending.append(.event(.log(.build, text: line)))
                return true
            }
            if isDone { break }
            room.wait()
        }
        arrival.signal()
    }

    /// Writes text that is no event, among the events.
    func write(text: String) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.pending.append(.text(text))
        }
        arrival.signal()
    }

    /// Takes no more, and waits until everything is written, but not for long: the reader may have stopped reading.
    func close(patience: DispatchTimeInterval = .milliseconds(60)) {
        state.withLock { $0.isClosed = true }
        arrival.signal()
        if finished.wait(timeout: .now() + patience) == .success { finished.signal() }
    }

    private func run(_ renderer: any EventRenderer, _ sink: ([UInt8]) -> Bool) {
        var renderer = renderer
        while true {
            arrival.wait()
            let (items, skipped, isClosed, waiterCount) = state.withLock { state in
                defer { state = State(isClosed: state.isClosed) }
                return (state.pending, state.skippedEntries, state.isClosed, state.waiterCount)
            }
            for _ in 0..<waiterCount { room.signal() }
            var lines: [UInt8] = []
            for item in items {
                switch item {
                case .event(let event): lines += renderer.render(event).utf8
                case .batch(let entries): renderer.render(entries, to: &lines)
                case .text(let plain): lines += plain.utf8
                }
            }
            if skipped > 0 {
                let text =
                    "\(skipped) requests and lines of handlers are not shown: they came faster than this was read"
                lines += renderer.render(.log(.sandbox, text: text)).utf8
            }
            if !lines.isEmpty && !sink(lines) {
                let waiterCount = state.withLock { state in
                    state.isClosed = true
                    return state.waiterCount
                }
                for _ in 0..<waiterCount { room.signal() }
                onReaderGone()
                break
            }
            if isClosed { break }
        }
        finished.signal()
    }

    /// False if the reader is gone.
    private static func write(_ lines: [UInt8], to fileDescriptor: Int32) -> Bool {
        var bytes = lines[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Platform.write(fileDescriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes.removeFirst(count)
            } else if errno == EAGAIN {
                var poll = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
                _ = Platform.poll(&poll, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
