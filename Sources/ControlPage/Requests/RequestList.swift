import JSON
package import SandboxProtocol
import Synchronization

/// The last requests that the app has answered, with their recordings as far as they are kept.
package final class RequestList: Sendable {
    /// So many are kept.
    private static let limit = 1000
    /// What they take, in bytes: a client chooses how long a target is.
    private static let sizeLimit = 1 << 20

    private let lines = Mutex(Recent<RequestLine>(count: limit, size: sizeLimit))
    private let recordings: RecordingReader?

    /// - Parameter recordings: where processes keep requests; `nil` where none does.
    package init(recordings: RecordingReader? = nil) {
        self.recordings = recordings
    }

    /// Takes note of requests that were answered, in their order.
    func note(_ requests: [(request: ServedRequest, time: Double)]) {
        guard !requests.isEmpty else { return }
        let oldest = lines.withLock { lines in
            for (request, time) in requests {
                lines.append(RequestLine(request: request, time: time), size: 128 + request.target.utf8.count)
            }
            return lines.isFull ? lines.first?.request.recording : nil
        }
        if let oldest { recordings?.giveBackBodies(before: oldest) }
    }

    /// The number of the latest; 0 before the first.
    var latest: Int { lines.withLock { $0.latest } }

    /// Those with a number above `number`, oldest first.
    func json(after number: Int) -> JSONObject {
        let (latest, requests) = lines.withLock { ($0.latest, $0.after(number)) }
        return [
            "latest": .integer(latest),
            "requests": .array(
                requests.map { number, line in
                    .object(line.json(number: number, line.request.recording.flatMap { recordings?.summary(at: $0) }))
                }),
        ]
    }

    /// A request of the list with its recording.
    struct Entry {
        let number: Int
        let line: RequestLine
        let recording: RequestRecording

        /// What followed the handler's end, in milliseconds.
        var write: Double {
            max(0, line.request.milliseconds - recording.queue - recording.instantiate - recording.run)
        }
    }

    /// The request of a number; `nil` if it is not in the list, or not kept.
    func entry(_ number: Int) -> Entry? {
        guard number > 0, let found = lines.withLock({ $0.after(number - 1).first }), found.number == number,
            let recording = found.element.request.recording.flatMap({ recordings?.recording(at: $0) })
        else { return nil }
        return Entry(number: number, line: found.element, recording: recording)
    }

    /// The numbers of those in the list that are kept, oldest first.
    var keptNumbers: [Int] {
        lines.withLock { $0.after(0) }.filter { $0.element.request.recording != nil }.map(\.number)
    }

    /// The number of the request whose recording is at a position.
    func number(ofRecordingAt position: UInt64) -> Int? {
        lines.withLock { $0.after(0) }.last { $0.element.request.recording == position }?.number
    }

    /// The numbers of those that repeat a request.
    func replays(of number: Int) -> [Int] {
        lines.withLock { $0.after(number) }.filter { _, line in
            line.request.recording.flatMap { recordings?.summary(at: $0) }?.replayed == number
        }.map(\.number)
    }

    /// The kept bytes of a body; `nil` if they are not there any more.
    func bytes(of body: RequestRecording.Body) -> [UInt8]? { recordings?.bytes(of: body) }
}
