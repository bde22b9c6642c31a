import ControlPage
import Platform
import SandboxProtocol
import Synchronization

/// Tells the control page what happens in the sandbox.
///
/// Processes are started before there is a store, and so before there is a page: what is told until then, the page learns
/// when it comes.
final class ControlFeed: Sendable {
    private struct State {
        var page: ControlPage?
        var status: ProjectStatus?
    }

    private let state = Mutex(State())

    /// What the project is like, as far as it has been told.
    var status: ProjectStatus? { state.withLock { $0.status } }

    /// Tells a page from now on.
    func attach(_ page: ControlPage) {
        let status = state.withLock { state in
            state.page = page
            return state.status
        }
        if let status { page.note(status) }
    }

    func note(_ status: ProjectStatus) {
        let page = state.withLock { state in
            state.status = status
            return state.page
        }
        page?.note(status)
    }

    func note(_ event: Event) {
        guard let page = state.withLock({ $0.page }) else { return }
        switch event {
        case .ready(_, _, let id, _): page.noteServing(id: id)
        case .serving(_, let id, let isUnchanged, let timings):
            page.noteServing(id: id, isUnchanged: isUnchanged, timings: timings)
        case .log(let source, let text): page.note(LogLine(source, text, time: Self.now))
        // The status tells of the others.
        case .starting, .rebuilding, .failed, .request, .stopped: break
        }
    }

    /// A line of the build command's output.
    func noteBuildLine(_ line: String) {
        state.withLock { $0.page }?.note(LogLine(.build, line, time: Self.now))
    }

    /// What a request log tells.
    func note(_ entries: [RequestLogEntry]) {
        guard let page = state.withLock({ $0.page }) else { return }
        var requests: [(request: ServedRequest, time: Double)] = []
        var lines: [LogLine] = []
        for entry in entries {
            if case .request(let request) = entry.content {
                requests.append((request, entry.time))
            } else if case .log(let source, let text) = Event(entry) {
                lines.append(LogLine(source, text, time: entry.time))
            }
        }
        page.note(requests, lines)
    }

    private static var now: Double { Double(SystemTime().nanosecondsSince1970) / 1e9 }
}

extension LogLine {
    fileprivate init(_ source: LogSource, _ text: String, time: Double) {
        guard case .guest(let route, let channel) = source else {
            self.init(source: source.word, text: text, time: time)
            return
        }
        self.init(source: source.word, route: route, text: text, time: time, channel: channel)
    }
}
