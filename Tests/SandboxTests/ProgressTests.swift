import Synchronization
import Testing

@testable import Sandbox

@Suite("What is told of something that takes long")
struct ProgressTests {
    /// A timer whose time passes when a test says so.
    private final class ManualTimer: Sendable {
        private let waiting = Mutex<[(delay: Duration, action: @Sendable () -> Void)]>([])

        func after(_ delay: Duration, _ action: @escaping @Sendable () -> Void) {
            waiting.withLock { $0.append((delay, action)) }
        }

        /// The times that are waited for.
        var delays: [Duration] { waiting.withLock { $0.map(\.delay) } }

        /// Lets the time pass that is waited for.
        func pass() {
            let due = waiting.withLock { waiting in
                defer { waiting = [] }
                return waiting
            }
            for item in due { item.action() }
        }
    }

    private final class Story: Sendable {
        private let lines = Mutex<[String]>([])
        var told: [String] { lines.withLock { $0 } }
        func tell(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test("It is told after a second, and every five seconds from then on, how far it has come")
    func telling() {
        let (timer, story, count) = (ManualTimer(), Story(), Counter())
        let progress = Progress(timer: timer.after, { "\(count.next())" }, tell: story.tell)
        #expect(timer.delays == [.seconds(1)])
        #expect(story.told.isEmpty)
        timer.pass()
        #expect(story.told == ["1"])
        #expect(timer.delays == [.seconds(5)])
        timer.pass()
        #expect(story.told == ["1", "2"])
        progress.end()
        timer.pass()
        #expect(story.told == ["1", "2"])
        #expect(timer.delays == [])
    }

    @Test("What has ended within a second tells nothing, nor does what nobody holds any more")
    func short() {
        let (timer, story) = (ManualTimer(), Story())
        let ended = Progress(timer: timer.after, { "never" }, tell: story.tell)
        ended.end()
        _ = Progress(timer: timer.after, { "never" }, tell: story.tell)
        timer.pass()
        #expect(story.told == [] && timer.delays == [])
    }

    @Test("Bytes are told in megabytes, rounded", arguments: [(0, "0 MB"), (499_999, "0 MB"), (1_500_000, "2 MB")])
    func megabytes(bytes: Int, text: String) {
        #expect(Progress.megabytes(bytes) == text)
    }

    private final class Counter: Sendable {
        private let count = Atomic(0)
        func next() -> Int { count.add(1, ordering: .relaxed).newValue }
    }
}
