import ComponentModel
import Foundation
import Synchronization
import Testing
import WASI
import WASIPreview2
import WebAssemblyRuntime

@Suite("Polling")
struct PollTests {
    private let poll = "io/poll poll"
    private let ready = "io/poll [method]pollable.ready"

    private func pollable(_ component: Component, milliseconds: UInt64) throws -> Value {
        try component.call("clocks/monotonic-clock subscribe-duration", .u64(milliseconds * 1_000_000))
    }

    @Test("all pollables that are ready are told, a pollable that stands twice twice")
    func several() throws {
        let component = Component()
        let never = try component.call("clocks/monotonic-clock subscribe-duration", .u64(.max))
        let now = try component.call("clocks/monotonic-clock subscribe-instant", .u64(0))
        let stdin = try component.call("cli/stdin get-stdin")
        let input = try component.call("io/streams [method]input-stream.subscribe", stdin)
        #expect(
            try component.call(poll, .list([never, now, input, now])) == .list([.u32(1), .u32(2), .u32(3)]))
        #expect(try component.call(ready, never) == .bool(false))
        #expect(try component.call(ready, now) == .bool(true))
        try component.call("io/poll [method]pollable.block", now)
    }

    @Test("a clock is not told of before its time, and the first one ends the wait")
    func clocks() throws {
        let component = Component()
        let start = ContinuousClock.now
        let (late, early) = try (pollable(component, milliseconds: 60_000), pollable(component, milliseconds: 20))
        #expect(try component.call(ready, early) == .bool(false))
        #expect(try component.call(poll, .list([late, early])) == .list([.u32(1)]))
        #expect(ContinuousClock.now - start >= .milliseconds(20))
        let other = try pollable(component, milliseconds: 5)
        try component.call("io/poll [method]pollable.block", other)
        #expect(try component.call(ready, other) == .bool(true))
    }

    @Test("an empty list and one that is too long are traps")
    func traps() throws {
        let component = Component()
        #expect(try component.trap(poll, .list([])).contains("called with 0"))
        let now = try pollable(component, milliseconds: 0)
        #expect(try component.trap(poll, .list(Array(repeating: now, count: 16_385))).contains("16385"))
    }

    @Test("waiting leaves others their turn, and only waiting does")
    func whileWaiting() throws {
        let count = Count()
        var configuration = WASIConfiguration()
        configuration.whileWaiting = { wait in
            count.waits.add(1, ordering: .relaxed)
            wait()
        }
        let component = Component(configuration)
        _ = try component.call(poll, .list([pollable(component, milliseconds: 0)]))
        #expect(count.waits.load(ordering: .relaxed) == 0)
        _ = try component.call(poll, .list([pollable(component, milliseconds: 2)]))
        #expect(count.waits.load(ordering: .relaxed) == 1)
    }

    private final class Count: Sendable {
        let waits = Atomic(0)
    }

    @Test("a component that waits for ever ends when its time is up")
    func interruption() throws {
        let component = Component()
        let store = component.store
        let never = try component.call("clocks/monotonic-clock subscribe-duration", .u64(.max))
        Thread.detachNewThread {
            usleep(20_000)
            store.interrupt()
        }
        let error = #expect(throws: Trap.self) { try component.call(poll, .list([never])) }
        guard case .interrupted? = error?.kind else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
