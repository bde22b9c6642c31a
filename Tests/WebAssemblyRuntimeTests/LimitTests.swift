import Foundation
import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Limits")
struct LimitTests {
    @Test(
        "an endless guest is stopped from another thread",
        arguments: [
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

    @Test(
        "a function that is too large is told by name when its module is linked",
        arguments: [
            // Locals, whose slots are two each; operands; and a frame of a callee behind them.
            ("(local \(String(repeating: " v128", count: 33_000)))", true),
            ("(local \(String(repeating: " i64", count: 49_000)))", false),
            (
                String(repeating: "i32.const 1 ", count: 65_000) + String(repeating: "drop ", count: 65_000), true
            ),
            (
                String(repeating: "i32.const 1 ", count: 40_000) + String(repeating: "drop ", count: 40_000), false
            ),
            (
                "(local \(String(repeating: " i32", count: 40_000)))" + String(repeating: "i32.const 1 ", count: 30_000)
                    + String(repeating: "drop ", count: 30_000), true
            ),
        ])
    func oversizedFunction(body: String, isOversized: Bool) throws {
        let module = try Guests.module("(module (func $small) (func $huge (export \"f\") \(body)))")
        guard isOversized else {
            try Linker().link(module).instantiate(in: Store()).call("f")
            return
        }
        let error = #expect(throws: LinkError.self) { try Linker().link(module) }
        #expect(error?.oversizedFunctions.map(\.index) == [1])
        #expect(error?.message == "function too large for this engine")
        #expect(error?.description.hasPrefix("function 1 (huge) is too large for this engine: it has ") == true)
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

@Suite("Traps after a limit was reached")
struct ReachedLimitTests {
    private func trap(_ fields: String, _ limits: StoreLimits) throws -> Trap {
        var limits = limits
        limits.remedies = [.memory: "--m", .tables: "--t", .stack: "--s", .heap: "--h"]
        let instance = try Guests.instance("(module \(fields))", in: Store(limits: limits))
        return try #require(try instance.trap("f"))
    }

    @Test("refused memory is told of when the guest gives up")
    func memory() throws {
        let trap = try trap(
            #"(memory 1) (func (export "f") (drop (memory.grow (i32.const 9))) unreachable)"#,
            StoreLimits(memoryBytes: 2 << 16))
        #expect(trap.message == "unreachable")
        #expect(
            trap.description.hasPrefix(
                "unreachable: the limit of 131072 bytes of linear memory was reached; --m raises it\n  0: "))
    }

    @Test("a module's own maximum is no limit of the store")
    func ownMaximum() throws {
        let trap = try trap(
            #"(memory 1 2) (func (export "f") (drop (memory.grow (i32.const 9))) unreachable)"#, StoreLimits())
        #expect(trap.limitDescriptions.isEmpty)
    }

    @Test("refused table elements are told of")
    func tables() throws {
        let trap = try trap(
            #"(table 1 funcref) (func (export "f") (drop (table.grow (ref.null func) (i32.const 99))) unreachable)"#,
            StoreLimits(tableElements: 10))
        #expect(trap.limitDescriptions == ["the limit of 10 table elements was reached; --t raises it"])
    }

    @Test("recursion without end names the limit of the stack")
    func stack() throws {
        let trap = try trap(#"(func $f (export "f") (call $f))"#, StoreLimits(stackBytes: 1 << 16))
        #expect(trap.limitDescriptions == ["the limit of 65536 bytes of stack was reached; --s raises it"])
    }

    @Test("objects without end name the limit of the heap")
    func heap() throws {
        let trap = try trap(
            """
            (type $list (struct (field (ref null $list)))) (global $list (mut (ref null $list)) (ref.null $list))
            (func (export "f") (loop $l (global.set $list (struct.new $list (global.get $list))) (br $l)))
            """, StoreLimits(heapBytes: 1 << 20))
        #expect(trap.message == "garbage-collected heap exhausted")
        #expect(
            trap.limitDescriptions == [
                "the limit of 1048576 bytes of garbage-collected objects was reached; --h raises it"
            ])
    }

    @Test("a memory that the limit does not allow at all names it")
    func initialMemory() throws {
        var limits = StoreLimits(memoryBytes: 1 << 16)
        limits.remedies = [.memory: "--m"]
        let trap = #expect(throws: Trap.self) {
            try Guests.instance("(module (memory 5))", in: Store(limits: limits))
        }
        #expect(
            trap?.message
                == "a memory of 5 pages of 64 KiB does not fit: the limit of 65536 bytes of linear memory was "
                + "reached; --m raises it")
    }
}
