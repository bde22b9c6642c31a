import ComponentModel
import Testing
import WebAssemblyRuntime

/// What a call does beside passing values: its task, `post-return`, and instances that it steps into.
@Suite(.enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct CallTests {
    private func call(
        _ instance: ComponentInstance, _ name: String, _ arguments: [ComponentModel.Value] = []
    ) throws -> ComponentModel.Value? {
        try #require(instance.function(ExportName(name))).call(arguments)
    }

    @Test(
        "Each call has a task of its own, whose context lasts until post-return; allocations and destructors have others"
    )
    func tasks() throws {
        let component = try ComponentText.component(
            """
            (component
                (component $Inner
                    (core func $set (canon context.set i32 0))
                    (core func $get (canon context.get i32 0))
                    (core func $index (canon thread.index))
                    (core module $D
                        (import "" "set" (func $set (param i32)))
                        (import "" "index" (func $index (result i32)))
                        (func (export "dtor") (param i32)
                            (if (i32.ne (call $index) (i32.const 1)) (then unreachable))
                            (call $set (i32.const 9))))
                    (core instance $d (instantiate $D (with "" (instance
                        (export "set" (func $set)) (export "index" (func $index))))))
                    (type $R' (resource (rep i32) (dtor (core func $d "dtor"))))
                    (export $R "r" (type $R'))
                    (core func $new (canon resource.new $R'))
                    (core module $M
                        (import "" "set" (func $set (param i32)))
                        (import "" "get" (func $get (result i32)))
                        (import "" "index" (func $index (result i32)))
                        (import "" "new" (func $new (param i32) (result i32)))
                        (memory (export "memory") 1)
                        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                            (call $set (i32.const 5)) (i32.const 16))
                        (func (export "f") (param i32 i32) (result i32)
                            (if (call $get) (then unreachable))
                            (if (i32.ne (call $index) (i32.const 1)) (then unreachable))
                            (call $set (i32.const 6))
                            (local.get 1))
                        (func (export "post") (param i32)
                            (if (i32.ne (call $get) (i32.const 6)) (then unreachable))
                            (if (i32.ne (local.get 0) (i32.const 3)) (then unreachable)))
                        (func (export "make") (result i32) (call $new (i32.const 1))))
                    (core instance $m (instantiate $M (with "" (instance
                        (export "set" (func $set)) (export "get" (func $get)) (export "index" (func $index))
                        (export "new" (func $new))))))
                    (func (export "f") (param "s" string) (result u32) (canon lift (core func $m "f")
                        (memory (core memory $m "memory")) (realloc (core func $m "realloc"))
                        (post-return (core func $m "post"))))
                    (func (export "make") (result (own $R)) (canon lift (core func $m "make"))))
                (component $Outer
                    (import "inner" (instance $inner
                        (export "r" (type $R (sub resource)))
                        (export "f" (func (param "s" string) (result u32)))
                        (export "make" (func (result (own $R))))))
                    (alias export $inner "r" (type $R))
                    (core module $Memory (memory (export "memory") 1))
                    (core instance $memory (instantiate $Memory))
                    (core func $f (canon lower (func $inner "f") (memory (core memory $memory "memory"))))
                    (core func $make (canon lower (func $inner "make")))
                    (core func $drop (canon resource.drop $R))
                    (core func $set (canon context.set i32 0))
                    (core func $get (canon context.get i32 0))
                    (core func $index (canon thread.index))
                    (core module $M
                        (import "" "f" (func $f (param i32 i32) (result i32)))
                        (import "" "make" (func $make (result i32)))
                        (import "" "drop" (func $drop (param i32)))
                        (import "" "set" (func $set (param i32)))
                        (import "" "get" (func $get (result i32)))
                        (import "" "index" (func $index (result i32)))
                        (func (export "g") (result i32)
                            (call $set (i32.const 7))
                            (if (i32.ne (call $f (i32.const 0) (i32.const 3)) (i32.const 3)) (then unreachable))
                            (if (i32.ne (call $get) (i32.const 7)) (then unreachable))
                            (call $drop (call $make))
                            (call $get))
                        (func (export "index") (result i32) (call $index)))
                    (core instance $m (instantiate $M (with "" (instance
                        (export "f" (func $f)) (export "make" (func $make)) (export "drop" (func $drop))
                        (export "set" (func $set)) (export "get" (func $get)) (export "index" (func $index))))))
                    (func (export "g") (result u32) (canon lift (core func $m "g")))
                    (func (export "index") (result u32) (canon lift (core func $m "index"))))
                (instance $inner (instantiate $Inner))
                (instance $outer (instantiate $Outer (with "inner" (instance $inner))))
                (func (export "f") (alias export $inner "f"))
                (func (export "g") (alias export $outer "g"))
                (func (export "index") (alias export $outer "index")))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        for _ in 0..<3 {
            #expect(try call(instance, "g") == .u32(7))
            #expect(try call(instance, "f", [.string("abc")]) == .u32(3))
            #expect(try call(instance, "index") == .u32(1))
        }
    }

    @Test("Both values of a context begin at 0, and are apart")
    func context() throws {
        let component = try ComponentText.component(
            """
            (component
                (core func $set0 (canon context.set i32 0))
                (core func $set1 (canon context.set i32 1))
                (core func $get0 (canon context.get i32 0))
                (core func $get1 (canon context.get i32 1))
                (core module $M
                    (import "" "set0" (func $set0 (param i32)))
                    (import "" "set1" (func $set1 (param i32)))
                    (import "" "get0" (func $get0 (result i32)))
                    (import "" "get1" (func $get1 (result i32)))
                    (func (export "f") (result i32)
                        (if (i32.or (call $get0) (call $get1)) (then unreachable))
                        (call $set0 (i32.const 30))
                        (call $set1 (i32.const 4))
                        (i32.add (call $get0) (call $get1))))
                (core instance $m (instantiate $M (with "" (instance
                    (export "set0" (func $set0)) (export "set1" (func $set1)) (export "get0" (func $get0))
                    (export "get1" (func $get1))))))
                (func (export "f") (result u32) (canon lift (core func $m "f"))))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        for _ in 0..<2 { #expect(try call(instance, "f") == .u32(34)) }
    }

    @Test("A function that was lifted synchronously cannot give its result by `task.return`")
    func taskReturn() throws {
        let component = try ComponentText.component(
            """
            (component
                (core func $return (canon task.return (result u32)))
                (core module $M
                    (import "" "return" (func $return (param i32)))
                    (func (export "f") (result i32) (call $return (i32.const 1)) (i32.const 2)))
                (core instance $m (instantiate $M (with "" (instance (export "return" (func $return))))))
                (func (export "f") (result u32) (canon lift (core func $m "f"))))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        #expect {
            try call(instance, "f")
        } throws: { error in
            (error as? Trap)?.message.hasPrefix("invalid `task.return` call for current task") ?? false
        }
    }

    @Test("Calls, allocations, post-return functions and destructors give their stack back")
    func stack() throws {
        let component = try ComponentText.component(
            """
            (component
                (component $Inner
                    (core module $D (func (export "dtor") (param i32)))
                    (core instance $d (instantiate $D))
                    (type $R' (resource (rep i32) (dtor (core func $d "dtor"))))
                    (export $R "r" (type $R'))
                    (core func $new (canon resource.new $R'))
                    (core module $M
                        (import "" "new" (func $new (param i32) (result i32)))
                        (memory (export "memory") 1)
                        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
                        (func (export "make") (param i32 i32) (result i32) (call $new (local.get 1)))
                        (func (export "post") (param i32)))
                    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
                    (func (export "make") (param "s" string) (result (own $R)) (canon lift (core func $m "make")
                        (memory (core memory $m "memory")) (realloc (core func $m "realloc"))
                        (post-return (core func $m "post"))))
                    (func (export "drop-by-host") (param "s" string) (result u32) (canon lift (core func $m "make")
                        (memory (core memory $m "memory")) (realloc (core func $m "realloc"))
                        (post-return (core func $m "post")))))
                (component $Outer
                    (import "inner" (instance $inner
                        (export "r" (type $R (sub resource)))
                        (export "make" (func (param "s" string) (result (own $R))))))
                    (alias export $inner "r" (type $R))
                    (core module $Memory (memory (export "memory") 1))
                    (core instance $memory (instantiate $Memory))
                    (core func $make (canon lower (func $inner "make") (memory (core memory $memory "memory"))))
                    (core func $drop (canon resource.drop $R))
                    (core module $M
                        (import "" "make" (func $make (param i32 i32) (result i32)))
                        (import "" "drop" (func $drop (param i32)))
                        (func (export "loop") (param $count i32)
                            (loop $next
                                (call $drop (call $make (i32.const 0) (i32.const 3)))
                                (local.set $count (i32.sub (local.get $count) (i32.const 1)))
                                (br_if $next (local.get $count)))))
                    (core instance $m (instantiate $M (with "" (instance
                        (export "make" (func $make)) (export "drop" (func $drop))))))
                    (func (export "loop") (param "count" u32) (canon lift (core func $m "loop"))))
                (instance $inner (instantiate $Inner))
                (instance $outer (instantiate $Outer (with "inner" (instance $inner))))
                (func (export "loop") (alias export $outer "loop"))
                (func (export "drop-by-host") (alias export $inner "drop-by-host")))
            """)
        let store = Store(limits: StoreLimits(stackBytes: 64 << 10))
        let instance = try ComponentLinker().link(component).instantiate(in: store)
        _ = try call(instance, "loop", [.u32(30_000)])
        for _ in 0..<5_000 { _ = try call(instance, "drop-by-host", [.string("abc")]) }
    }

    @Test("Parameters and results in memory have the size, the alignment and the place of the record of them")
    func memory() throws {
        let parameters = (0..<17).map { "(param \"p\($0)\" u\($0 == 0 ? 8 : 64))" }.joined(separator: " ")
        let result = "(result (tuple u8 u64 u16))"
        let memory = "(memory (core memory $m \"memory\")) (realloc (core func $m \"realloc\"))"
        let component = try ComponentText.component(
            """
            (component
                (component $Inner
                    (core module $M
                        (memory (export "memory") 1)
                        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                            (if (i32.or (local.get 0) (local.get 1)) (then unreachable))
                            (if (i32.ne (local.get 2) (i32.const 8)) (then unreachable))
                            (if (i32.ne (local.get 3) (i32.const 136)) (then unreachable))
                            (i32.const 65400))
                        (func (export "f") (param $at i32) (result i32)
                            (if (i32.ne (local.get $at) (i32.const 65400)) (then unreachable))
                            (i32.store8 (i32.const 65512) (i32.load8_u (local.get $at)))
                            (i64.store (i32.const 65520) (i64.load offset=128 (local.get $at)))
                            (i32.store16 (i32.const 65528) (i32.const 7))
                            (i32.const 65512))
                        (func (export "post") (param i32)
                            (if (i32.ne (local.get 0) (i32.const 65512)) (then unreachable)))
                        (func (export "unaligned") (result i32) (i32.const 65508))
                        (func (export "beyond") (result i32) (i32.const 65520)))
                    (core instance $m (instantiate $M))
                    (func (export "f") \(parameters) \(result) (canon lift (core func $m "f") \(memory)
                        (post-return (core func $m "post"))))
                    (func (export "unaligned") \(result) (canon lift (core func $m "unaligned") \(memory)))
                    (func (export "beyond") \(result) (canon lift (core func $m "beyond") \(memory))))
                (component $Outer
                    (import "f" (func $f \(parameters) \(result)))
                    (core module $Memory
                        (memory (export "memory") 1)
                        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
                    (core instance $m (instantiate $Memory))
                    (core func $f (canon lower (func $f) \(memory)))
                    (core module $M
                        (import "" "f" (func $f (param i32 i32)))
                        (import "m" "memory" (memory 1))
                        (func (export "g") (param $from i32) (param $to i32) (result i64)
                            (i32.store8 (local.get $from) (i32.const 3))
                            (i64.store offset=128 (local.get $from) (i64.const 40))
                            (call $f (local.get $from) (local.get $to))
                            (i64.add
                                (i64.load offset=8 (local.get $to))
                                (i64.extend_i32_u (i32.add
                                    (i32.load8_u (local.get $to)) (i32.load16_u offset=16 (local.get $to)))))))
                    (core instance $core (instantiate $M
                        (with "" (instance (export "f" (func $f)))) (with "m" (instance $m))))
                    (func (export "g") (param "from" u32) (param "to" u32) (result u64)
                        (canon lift (core func $core "g"))))
                (instance $inner (instantiate $Inner))
                (instance $outer (instantiate $Outer (with "f" (func $inner "f"))))
                (func (export "f") (alias export $inner "f"))
                (func (export "unaligned") (alias export $inner "unaligned"))
                (func (export "beyond") (alias export $inner "beyond"))
                (func (export "g") (alias export $outer "g")))
            """)
        let linked = try ComponentLinker().link(component)
        func trap(_ name: String, _ arguments: [ComponentModel.Value] = []) -> String? {
            do {
                _ = try call(linked.instantiate(in: Store()), name, arguments)
                return nil
            } catch {
                return (error as? Trap)?.message
            }
        }
        let instance = try linked.instantiate(in: Store())
        let arguments: [ComponentModel.Value] = [.u8(3)] + (1...16).map { .u64($0) }
        #expect(try call(instance, "f", arguments) == .record([.u8(3), .u64(16), .u16(7)]))
        #expect(trap("unaligned")?.hasPrefix("unaligned pointer: 65508") == true)
        #expect(trap("beyond")?.hasPrefix("pointer out of bounds of memory: 24 bytes at 65520") == true)
        // The last places, and those one step behind.
        #expect(try call(instance, "g", [.u32(64), .u32(65512)]) == .u64(50))
        #expect(try call(instance, "g", [.u32(65400), .u32(64)]) == .u64(50))
        #expect(trap("g", [.u32(68), .u32(64)])?.hasPrefix("unaligned pointer: 68") == true)
        #expect(trap("g", [.u32(64), .u32(260)])?.hasPrefix("unaligned pointer: 260") == true)
        #expect(trap("g", [.u32(64), .u32(65520)])?.hasPrefix("pointer out of bounds of memory: 24 bytes") == true)
    }

    @Test("The host gets what an asynchronous function returns, and a trap if it returns nothing or twice")
    func asynchronous() throws {
        let component = try ComponentText.component(
            """
            (component
                (core func $return (canon task.return (result u32)))
                (core module $M
                    (import "" "return" (func $return (param i32)))
                    (func (export "f") (param $n i32) (result i32)
                        (loop $next
                            (if (i32.gt_u (local.get $n) (i32.const 2)) (then (call $return (local.get $n))))
                            (local.set $n (i32.sub (local.get $n) (i32.const 10)))
                            (br_if $next (i32.gt_s (local.get $n) (i32.const 2))))
                        (i32.const 0))
                    (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
                (core instance $m (instantiate $M (with "" (instance (export "return" (func $return))))))
                (func (export "f") async (param "n" u32) (result u32) (canon lift (core func $m "f") async
                    (callback (core func $m "callback")))))
            """)
        let linked = try ComponentLinker().link(component)
        let instance = try linked.instantiate(in: Store())
        for number in 3...5 as ClosedRange<UInt32> {
            #expect(try call(instance, "f", [.u32(number)]) == .u32(number))
        }
        for (number, words) in [(1, "failed to produce a result"), (13, "more than once")] as [(UInt32, String)] {
            #expect {
                try call(linked.instantiate(in: Store()), "f", [.u32(number)])
            } throws: { error in
                (error as? Trap)?.message.contains(words) ?? false
            }
        }
    }

    @Test("An asynchronous function can call another one before it returns its own result")
    func nestedAsynchronous() throws {
        let component = try ComponentText.component(
            """
            (component
                (component $Inner
                    (core func $return (canon task.return (result u32)))
                    (core module $M
                        (import "" "return" (func $return (param i32)))
                        (func (export "f") (param i32) (result i32) (call $return (local.get 0)) (i32.const 0))
                        (func (export "wrong") (result i32) (call $return (i32.const 1)) (i32.const 2))
                        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
                    (core instance $m (instantiate $M (with "" (instance (export "return" (func $return))))))
                    (func (export "wrong") (result u32) (canon lift (core func $m "wrong")))
                    (func (export "f") async (param "n" u32) (result u32) (canon lift (core func $m "f") async
                        (callback (core func $m "callback")))))
                (component $Outer
                    (import "f" (func $f async (param "n" u32) (result u32)))
                    (import "wrong" (func $wrong (result u32)))
                    (core func $f (canon lower (func $f)))
                    (core func $wrong (canon lower (func $wrong)))
                    (core func $return (canon task.return (result u32)))
                    (core module $M
                        (import "" "f" (func $f (param i32) (result i32)))
                        (import "" "wrong" (func $wrong (result i32)))
                        (import "" "return" (func $return (param i32)))
                        (func (export "h") (result i32) (call $wrong))
                        (func (export "g") (param i32) (result i32)
                            (call $return (i32.add (call $f (local.get 0)) (i32.const 1))) (i32.const 0))
                        (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
                    (core instance $m (instantiate $M (with "" (instance
                        (export "f" (func $f)) (export "wrong" (func $wrong)) (export "return" (func $return))))))
                    (func (export "h") async (result u32) (canon lift (core func $m "h") async
                        (callback (core func $m "callback"))))
                    (func (export "g") async (param "n" u32) (result u32) (canon lift (core func $m "g") async
                        (callback (core func $m "callback")))))
                (instance $inner (instantiate $Inner))
                (instance $outer (instantiate $Outer (with "f" (func $inner "f"))
                    (with "wrong" (func $inner "wrong"))))
                (func (export "h") (alias export $outer "h"))
                (func (export "g") (alias export $outer "g")))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        for _ in 0..<2 { #expect(try call(instance, "g", [.u32(41)]) == .u32(42)) }
        // One that is not asynchronous cannot return for the one that called it.
        #expect {
            try call(instance, "h")
        } throws: { error in
            (error as? Trap)?.message.contains("it was not lifted asynchronously") ?? false
        }
    }

    @Test("An asynchronous call of the host is over when it returns, and says so")
    func asynchronousHost() throws {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/numbers" (instance $numbers
                    (export "next" (func async (param "n" u32) (result u32)))))
                (core module $Memory (memory (export "memory") 1))
                (core instance $memory (instantiate $Memory))
                (core func $next (canon lower (func $numbers "next") async
                    (memory (core memory $memory "memory"))))
                (core module $M
                    (import "" "next" (func $next (param i32 i32) (result i32)))
                    (import "memory" "memory" (memory 1))
                    (func (export "f") (result i32)
                        (if (i32.ne (call $next (i32.const 41) (i32.const 64)) (i32.const 2)) (then unreachable))
                        (i32.load (i32.const 64))))
                (core instance $m (instantiate $M
                    (with "" (instance (export "next" (func $next)))) (with "memory" (instance $memory))))
                (func (export "f") (result u32) (canon lift (core func $m "f"))))
            """)
        var linker = ComponentLinker()
        linker.add(
            HostInterface(
                "test:host/numbers", version: "1.0.0",
                functions: [
                    "next": ComponentModel.HostFunction(
                        ComponentModel.FunctionType(
                            isAsync: true, [ComponentModel.ValueType.Field("n", .u32)], to: .u32)
                    ) { _, arguments in
                        guard case .u32(let number) = arguments[0] else { return nil }
                        return .u32(number + 1)
                    }
                ]))
        let instance = try linker.link(component).instantiate(in: Store())
        #expect(try call(instance, "f") == .u32(42))
    }
}
