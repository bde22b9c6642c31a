import CLinux
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import HTTP

@Suite("Turns of threads")
struct ThreadTurnTests {
    @Test("a thread keeps its priority with short turns, and has the lowest with long ones")
    func priorities() throws {
        let priorities = Mutex<[Int32]>([])
        SystemThread.detach {
            func note() {
                let priority = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
                priorities.withLock { $0.append(priority) }
            }
            note()
            ThreadTurn.shorten()
            note()
            ThreadTurn.lower(gettid())
            note()
        }
        #expect(eventually { priorities.withLock { $0.count == 3 } })
        let found = priorities.withLock { $0 }
        #expect(found[0] == found[1])
        #expect(found[2] == 19)
    }
}
