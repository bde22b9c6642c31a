import Foundation
import Synchronization

/// Turns events into text.
protocol EventRenderer: Sendable {
    mutating func render(_ event: Event) -> String
}

/// Writes events to a file descriptor, in order, on a thread of its own, so that a slow reader slows nobody down.
final class EventWriter: Sendable {
    private struct State {
        var pending: [Event] = []
        var isClosed = false
        var skippedRequests = 0
    }

    /// Requests beyond this many unwritten events are left out: they are the only events that come without bound.
    private static let requestLimit = 20_000

    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)
    private let onReaderGone: @Sendable () -> Void

    /// - Parameter onReaderGone: called once if nobody reads the descriptor any more.
    init(
        fileDescriptor: Int32, renderer: any EventRenderer, onReaderGone: @escaping @Sendable () -> Void = {}
    ) {
        self.onReaderGone = onReaderGone
        let thread = Thread { [self] in run(fileDescriptor, renderer) }
        thread.name = "events"
        thread.start()
    }

    func write(_ event: Event) {
        state.withLock { state in
            guard !state.isClosed else { return }
            if case .request = event, state.pending.count >= Self.requestLimit {
                state.skippedRequests += 1
            } else {
                state.pending.append(event)
            }
        }
        arrival.signal()
    }

    /// Waits until everything is written, for a second at most, and takes no more.
    func close() {
        state.withLock { $0.isClosed = true }
        arrival.signal()
        _ = finished.wait(timeout: .now() + 1)
    }

    private func run(_ fileDescriptor: Int32, _ renderer: any EventRenderer) {
        var renderer = renderer
        while true {
            arrival.wait()
            let (events, skipped, isClosed) = state.withLock { state in
                defer {
                    state.pending = []
                    state.skippedRequests = 0
                }
                return (state.pending, state.skippedRequests, state.isClosed)
            }
            var text = ""
            for event in events { text += renderer.render(event) }
            if skipped > 0 { text += renderer.render(.log(.sandbox, text: "\(skipped) requests are not shown")) }
            if !text.isEmpty && !Self.write(text, to: fileDescriptor) {
                state.withLock { $0.isClosed = true }
                onReaderGone()
                break
            }
            if isClosed { break }
        }
        finished.signal()
    }

    /// False if the reader is gone.
    private static func write(_ text: String, to fileDescriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Foundation.write(fileDescriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes.removeFirst(count)
            } else if errno == EAGAIN {
                var poll = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
                _ = Foundation.poll(&poll, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
