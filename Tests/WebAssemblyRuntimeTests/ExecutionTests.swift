import Testing
import WebAssembly
import WebAssemblyRuntime

@Suite("Execution")
struct ExecutionTests {
    @Test("a function computes its result")
    func recursion() throws {
        let instance = try Guests.instance(
            """
            (module (func $fib (export "fib") (param i32) (result i32)
              (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
                (then (local.get 0))
                (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                               (call $fib (i32.sub (local.get 0) (i32.const 2))))))))
            """)
        #expect(try instance.call("fib", .i32(20)) == [.i32(6765)])
    }

    @Test("a hundred million instructions do not grow the native stack")
    func longLoop() throws {
        let instance = try Guests.instance(
            """
            (module (func (export "sum") (param $n i32) (result i64) (local $i i32) (local $sum i64)
              (loop $next
                (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $i))))
                (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
              (local.get $sum)))
            """)
        #expect(try instance.call("sum", .i32(35_000_000)) == [.i64(35_000_000 * 34_999_999 / 2)])
    }

    @Test("calls of the host and between instances do not grow the native stack")
    func longLoopOfCalls() throws {
        let store = Store()
        var linker = Linker()
        linker.define(
            module: "host", name: "next",
            HostFunction([.i32], to: [.i32]) { caller in
                caller.setResult(caller.i32(0) &+ 1)
            })
        let library = try Guests.instance(
            #"(module (func (export "same") (param i32) (result i32) (local.get 0)))"#, in: store)
        linker.define(library, as: "library")
        let instance = try Guests.instance(
            """
            (module
              (import "host" "next" (func $next (param i32) (result i32)))
              (import "library" "same" (func $same (param i32) (result i32)))
              (func (export "count") (param $n i32) (result i32) (local $i i32)
                (loop $again
                  (local.set $i (call $same (call $next (local.get $i))))
                  (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
                (local.get $i)))
            """, linker: linker, in: store)
        #expect(try instance.call("count", .i32(500_000)) == [.i32(500_000)])
    }

    @Test("results that are parameters in another order are all returned")
    func exchangedResults() throws {
        let instance = try Guests.instance(
            """
            (module
              (func (export "swap") (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
              (func (export "rotate") (param i64 i64 i64) (result i64 i64 i64)
                (local.get 2) (local.get 0) (local.get 1)))
            """)
        #expect(try instance.call("swap", .i32(1), .i32(2)) == [.i32(2), .i32(1)])
        #expect(try instance.call("rotate", .i64(1), .i64(2), .i64(3)) == [.i64(3), .i64(1), .i64(2)])
    }

    @Test("a local that was read keeps that value when it is set before the use")
    func localsReadEarly() throws {
        let instance = try Guests.instance(
            """
            (module
              (func (export "before") (param i32) (result i32)
                local.get 0
                local.get 0
                i32.const 10
                i32.add
                local.set 0
                local.get 0
                i32.sub)
              (func (export "around") (param i32) (result i32)
                local.get 0
                (block (br_if 0 (i32.eqz (local.get 0))) (local.set 0 (i32.const 7)))
                local.get 0
                i32.add))
            """)
        #expect(try instance.call("before", .i32(5)) == [.i32(Int32(-10))])
        #expect(try instance.call("around", .i32(0)) == [.i32(0)])
        #expect(try instance.call("around", .i32(1)) == [.i32(8)])
    }

    @Test("constants that no instruction can hold do not disturb the other operand")
    func longConstants() throws {
        let instance = try Guests.instance(
            """
            (module
              (func (export "mix") (param i64) (result i64)
                (i64.mul (i64.const 0x100000001b3) (i64.add (local.get 0) (i64.const 1))))
              (func (export "less") (param i64) (result i32)
                (if (result i32) (i64.lt_s (i64.const 0x7fffffffffff) (local.get 0))
                  (then (i32.const 1)) (else (i32.const 2)))))
            """)
        #expect(try instance.call("mix", .i64(2)) == [.i64(0x100_0000_01b3 * 3)])
        #expect(try instance.call("less", .i64(0x8000_0000_0000)) == [.i32(1)])
        #expect(try instance.call("less", .i64(3)) == [.i32(2)])
    }

    @Test("tail calls take no stack")
    func tailCalls() throws {
        let instance = try Guests.instance(
            """
            (module (func $count (export "count") (param i32 i64) (result i64)
              (if (result i64) (i32.eqz (local.get 0))
                (then (local.get 1))
                (else (return_call $count (i32.sub (local.get 0) (i32.const 1))
                                          (i64.add (local.get 1) (i64.const 2)))))))
            """)
        #expect(try instance.call("count", .i32(1_000_000), .i64(0)) == [.i64(2_000_000)])
    }
}
