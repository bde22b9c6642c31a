import Foundation
import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Limits")
struct LimitTests {
    @Test("an endless guest is stopped from another thread", arguments: [
        "(loop $l (br $l))",
        "(loop $l (br_if $l (i32.const 1)))",
        "(call $spread (i32.const 1000000))",
        "(return_call $tail)",
    ])
    func interruption(body: String) throws {
        let instance = try Guests.instance(
            """
            (module
              (func $spread (param i32)
                (if (local.get 0) (then
                  (call $leaf) (call $leaf)
                  (call $spread (i32.const 1000)) (call $spread (i32.const 0)))))
              (func $leaf)
              (func $tail (return_call $tail))
              (func (export "f") \(body)))
            """, in: Store(limits: StoreLimits(stackBytes: 1 << 30)))
        let store = instance.store
        // A thread of its own: the shared ones may all be busy with endless guests.
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.02)
            store.interrupt()
        }
        let message = try #require(try instance.trap("f")?.message)
        #expect(message == "interrupted" || (body.contains("spread") && message == "call stack exhausted"))
    }

    @Test("a store that was interrupted goes on after the request is taken back")
    func interruptionIsTakenBack() throws {
        let instance = try Guests.instance(#"(module (func $g) (func (export "f") (call $g)))"#)
        instance.store.interrupt()
        #expect(try instance.trap("f")?.message == "interrupted")
        instance.store.clearInterrupt()
        #expect(try instance.trap("f") == nil)
    }

    @Test("memory does not grow beyond the store's limit")
    func memory() throws {
        let store = Store(limits: StoreLimits(memoryBytes: 4 * 65536))
        let instance = try Guests.instance(
            """
            (module (memory 1)
              (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
            """, in: store)
        #expect(try instance.call("grow", .i32(2)) == [.i32(1)])
        #expect(try instance.call("grow", .i32(2)) == [.i32(Int32(-1))])
        #expect(try instance.call("grow", .i32(1)) == [.i32(3)])
    }

    @Test("a memory that starts beyond the limit is refused by name")
    func initialMemory() throws {
        let linked = try Linker().link(try Guests.module("(module (memory 100))"))
        let error = #expect(throws: Trap.self) {
            try linked.instantiate(in: Store(limits: StoreLimits(memoryBytes: 65536)))
        }
        #expect(error?.message.contains("limit of 65536 bytes of linear memory") == true)
    }

    @Test("tables do not grow beyond the store's limit")
    func tables() throws {
        let instance = try Guests.instance(
            """
            (module (table 1 funcref)
              (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))
            """, in: Store(limits: StoreLimits(tableElements: 100)))
        #expect(try instance.call("grow", .i32(99)) == [.i32(1)])
        #expect(try instance.call("grow", .i32(1)) == [.i32(Int32(-1))])
    }
}
