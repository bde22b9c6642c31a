import Foundation
import Platform
import Synchronization
import TestSupport
import Testing
import WASI
import WASIPreview2

@Suite("Threads for a component")
struct ThreadBudgetTests {
    @Test("no more than so many work at a time, and those that have ended make room")
    func limit() {
        let threads = Component().context.threads
        let gate = Semaphore()
        for _ in 0..<256 { #expect(threads.start(name: "test") { gate.wait() }) }
        #expect(!threads.start(name: "test") {})
        gate.signal()
        #expect(eventually { threads.start(name: "test") {} })
        for _ in 0..<255 { gate.signal() }
    }

    @Test("components that share a budget have no more in all, whichever of them is gone")
    func shared() {
        let gate = Semaphore()
        let shared = ThreadBudget(limit: 3)
        for _ in 0..<3 {
            let context = WASIPreview2Context(WASIConfiguration(), threads: shared)
            #expect(context.threads.start(name: "test") { gate.wait() })
        }
        let next = WASIPreview2Context(WASIConfiguration(), threads: shared)
        #expect(!next.threads.start(name: "test") {})
        gate.signal()
        #expect(eventually { next.threads.start(name: "test") {} })
        for _ in 0..<2 { gate.signal() }
    }
}
