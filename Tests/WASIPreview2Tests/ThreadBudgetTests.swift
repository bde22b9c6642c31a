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
}
