import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Traps")
struct TrapTests {
    @Test(
        "a trap names itself as the specification does",
        arguments: [
            ("(unreachable)", "unreachable"),
            ("(drop (i32.div_s (i32.const 1) (i32.const 0)))", "integer divide by zero"),
            ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", "integer overflow"),
            ("(drop (i64.trunc_f64_s (f64.const nan)))", "invalid conversion to integer"),
            ("(drop (i32.load offset=0xffffffff (i32.const 1)))", "out of bounds memory access"),
            ("(drop (table.get (i32.const 5)))", "out of bounds table access"),
            ("(call_indirect (i32.const 5))", "undefined element"),
            ("(call_indirect (i32.const 1))", "uninitialized element 1"),
            ("(call_indirect (param i32) (i32.const 1) (i32.const 0))", "indirect call type mismatch"),
        ])
    func names(body: String, message: String) throws {
        let instance = try Guests.instance(
            """
            (module (memory 1) (table 2 funcref) (elem (i32.const 0) $f)
              (func $f (export "f") \(body)))
            """)
        #expect(try instance.trap("f")?.message == message)
    }

    @Test("a trap shows the calls that led to it, innermost first")
    func frames() throws {
        let instance = try Guests.instance(
            """
            (module $crash
              (func $inner (unreachable))
              (func $outer (export "outer") (call $inner)))
            """)
        let trap = try #require(try instance.trap("outer"))
        #expect(trap.frames.map(\.functionName) == ["inner", "outer"])
        #expect(trap.frames.map(\.functionIndex) == [0, 1])
        let offsets = trap.frames.map(\.codeOffset)
        #expect(instance.module.binary.bytes[offsets[0]] == 0x00, "the offset of unreachable")
        #expect(instance.module.binary.bytes[offsets[1]] == 0x10, "the offset of call")
    }

    @Test("endless recursion is a trap")
    func recursion() throws {
        let instance = try Guests.instance(#"(module (func $f (export "f") (call $f)))"#)
        let trap = try #require(try instance.trap("f"))
        #expect(trap.message == "call stack exhausted")
        #expect(try instance.trap("f")?.message == "call stack exhausted", "the instance goes on working")
        // All calls are one line.
        let frame = try #require(trap.frames.first)
        #expect(trap.frames.count == 1 && frame.callCount > 1000 && trap.omittedCallCount == 0)
        let place = "f at offset 0x" + String(frame.codeOffset, radix: 16)
        #expect(trap.description.hasSuffix("\n  0: \(place), \(frame.callCount) times"))
    }

    @Test("of many calls the innermost are told, and how many more there are")
    func deepCalls() throws {
        let instance = try Guests.instance(
            """
            (module
              (func $odd (param i32) (call $even (i32.sub (local.get 0) (i32.const 1))))
              (func $even (export "even") (param i32)
                (if (i32.eqz (local.get 0)) (then unreachable))
                (call $odd (i32.sub (local.get 0) (i32.const 1)))))
            """)
        let trap = try #require(try instance.trap("even", .i32(1000)))
        #expect(trap.frames.count == Trap.maximumFrames)
        #expect(trap.frames.allSatisfy { $0.callCount == 1 })
        #expect(trap.omittedCallCount == 1001 - Trap.maximumFrames)
        #expect(trap.description.hasSuffix("\n  and 901 more around them"))
    }

    @Test("endless recursion through the host is a trap")
    func recursionThroughHost() throws {
        let store = Store()
        var linker = Linker()
        linker.define(
            module: "host", name: "again",
            HostFunction([]) { caller in
                try caller.instance?.function(named: "f")?.call()
            })
        let instance = try Guests.instance(
            #"(module (import "host" "again" (func $again)) (func (export "f") (call $again)))"#, linker: linker,
            in: store)
        #expect(try instance.trap("f")?.message == "call stack exhausted")
    }

    @Test("an error of a host function has the calls that led to it if it wants them", arguments: [true, false])
    func tracedErrors(isTraced: Bool) throws {
        struct Failure: TracedError {
            let isTraced: Bool
        }
        var linker = Linker()
        linker.define(module: "host", name: "fail", HostFunction([]) { _ in throw Failure(isTraced: isTraced) })
        let instance = try Guests.instance(
            """
            (module (import "host" "fail" (func $fail))
              (func $inner (call $fail))
              (func $outer (export "outer") (call $inner)))
            """, linker: linker)
        let trap = try #require(try instance.trap("outer"))
        #expect(trap.hostError is Failure)
        #expect(trap.frames.map(\.functionName) == (isTraced ? ["inner", "outer"] : []))
    }

    @Test("what a host function throws comes out unchanged")
    func hostErrors() throws {
        struct Refusal: Error, Equatable { let code: Int }
        var linker = Linker()
        linker.define(
            module: "host", name: "refuse",
            HostFunction([.i32]) { caller in
                throw Refusal(code: Int(caller.i32(0)))
            })
        let instance = try Guests.instance(
            """
            (module (import "host" "refuse" (func $refuse (param i32)))
              (func (export "f") (call $refuse (i32.const 7))))
            """, linker: linker)
        #expect(try instance.trap("f")?.hostError as? Refusal == Refusal(code: 7))
    }
}
