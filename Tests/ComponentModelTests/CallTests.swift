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
}
