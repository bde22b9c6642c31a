import Glibc
import Platform
import Synchronization
import Testing

@Suite("Threads and what they wait for") struct ThreadTests {
    @Test("A thread runs with its name, and with SIGPIPE blocked", .timeLimit(.minutes(1))) func thread() throws {
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

    @Test("A semaphore lets as many go on as there were signals", .timeLimit(.minutes(1))) func semaphore() {
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

    @Test("State belongs to the thread that has claimed it, and to anyone before and afterwards", .timeLimit(.minutes(1)))
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
}
