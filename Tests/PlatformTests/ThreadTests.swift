import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@Suite("Threads and what they wait for") struct ThreadTests {
    @Test("A thread runs with its name, and with SIGPIPE blocked", .timeLimit(.minutes(15))) func thread() throws {
        let (done, seen) = (Semaphore(), Seen())
        SystemThread.detach(name: "a name that is too long", stackSize: 1) {
            seen.look()
            done.signal()
        }
        done.wait()
        #expect(seen.name == "a name that is ")
        #expect(seen.blocksPipeSignal)
    }

    private final class Seen: Sendable {
        private let state = Mutex((name: "", blocks: false))
        private let touches = Atomic(false)
        var mayTouch: Bool {
            get { touches.load(ordering: .acquiring) }
            set { touches.store(newValue, ordering: .releasing) }
        }
        var name: String { state.withLock { $0.name } }
        var blocksPipeSignal: Bool { state.withLock { $0.blocks } }

        func look() {
            var signals = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &signals)
            var bytes = [CChar](repeating: 0, count: 16)
            let file = open("/proc/thread-self/comm", O_RDONLY)
            let count = read(file, &bytes, 16)
            close(file)
            let text = String(decoding: bytes.prefix(max(0, count - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            state.withLock { $0 = (text, sigismember(&signals, SIGPIPE) == 1) }
        }
    }

    @Test("A semaphore lets as many go on as there were signals", .timeLimit(.minutes(15))) func semaphore() {
        let semaphore = Semaphore(1)
        semaphore.wait()
        #expect(!semaphore.wait(until: .now))
        #expect(!semaphore.wait(until: .now + .milliseconds(5)))
        #expect(!semaphore.wait(until: .distantPast))
        SystemThread.detach { semaphore.signal() }
        #expect(semaphore.wait(until: .distantFuture))
        semaphore.signal()
        #expect(semaphore.wait(until: .distantPast))
    }

    @Test(
        "State belongs to the thread that has claimed it, and to anyone before and afterwards", .timeLimit(.minutes(15))
    )
    func owner() {
        final class State: Sendable {
            let thread = OwningThread()
        }
        let (state, done) = (State(), Semaphore())
        func lookFromAnotherThread() -> Bool {
            let seen = Seen()
            SystemThread.detach {
                seen.mayTouch = state.thread.isCurrent
                done.signal()
            }
            done.wait()
            return seen.mayTouch
        }
        #expect(state.thread.isCurrent && lookFromAnotherThread())
        state.thread.claim()
        #expect(state.thread.isCurrent && !lookFromAnotherThread())
        state.thread.release()
        #expect(state.thread.isCurrent && lookFromAnotherThread())
    }

    @Test(
        "Who waits for a monitor's condition goes on when it is told of, or when the deadline has passed",
        .timeLimit(.minutes(15)))
    func monitor() {
        final class State: Sendable {
            let monitor = Monitor()
            // Under the monitor's lock only.
            nonisolated(unsafe) var isSet = false
        }
        let state = State()
        #expect(!state.monitor.withLock { state.monitor.wait(until: .now + .milliseconds(2)) })
        SystemThread.detach {
            state.monitor.withLock {
                state.isSet = true
                state.monitor.broadcast()
            }
        }
        state.monitor.withLock {
            while !state.isSet { _ = state.monitor.wait(until: .distantFuture) }
        }
        #expect(state.monitor.withLock { state.isSet })
    }

    @Test("What is to be done when work is cancelled is done once, at once if it has been") func cancellation() {
        let cancellation = Cancellation()
        let count = Atomic(0)
        cancellation.onCancel { count.add(1, ordering: .relaxed) }
        #expect(!cancellation.isCancelled && count.load(ordering: .relaxed) == 0)
        cancellation.cancel()
        cancellation.cancel()
        #expect(cancellation.isCancelled && count.load(ordering: .relaxed) == 1)
        cancellation.onCancel { count.add(10, ordering: .relaxed) }
        #expect(count.load(ordering: .relaxed) == 11)
    }
}
