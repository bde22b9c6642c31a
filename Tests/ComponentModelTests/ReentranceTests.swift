import ComponentModel
import Synchronization
import Testing
import WebAssemblyRuntime

/// Calls of an instance while a call of it is not over.
@Suite(.enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct ReentranceTests {
    private func trap(_ instance: ComponentInstance, _ name: String) -> String? {
        do {
            try instance.function(ExportName(name))?.call()
            return nil
        } catch {
            return error.message
        }
    }

    @Test("An instance that calls a function of its own by a lowered import traps")
    func oneself() throws {
        let component = try ComponentText.component(
            """
            (component
                (core module $A (func (export "f")))
                (core instance $a (instantiate $A))
                (func $f (canon lift (core func $a "f")))
                (core func $lowered (canon lower (func $f)))
                (core module $B (import "" "f" (func $f)) (func (export "g") (call $f)))
                (core instance $b (instantiate $B (with "" (instance (export "f" (func $lowered))))))
                (func (export "f") (canon lift (core func $a "f")))
                (func (export "g") (canon lift (core func $b "g"))))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        #expect(trap(instance, "f") == nil)
        #expect(trap(instance, "g")?.hasPrefix("cannot enter component instance") == true)
    }

    @Test("A parent that calls its child, and a child that calls its parent, trap")
    func ancestors() throws {
        let component = try ComponentText.component(
            """
            (component
                (core module $F (func (export "f")))
                (core instance $f (instantiate $F))
                (func $f (canon lift (core func $f "f")))
                (component $Child
                    (import "parent" (func $parent))
                    (core module $F (func (export "f")))
                    (core instance $f (instantiate $F))
                    (core func $lowered (canon lower (func $parent)))
                    (core module $G (import "" "f" (func $f)) (func (export "g") (call $f)))
                    (core instance $g (instantiate $G (with "" (instance (export "f" (func $lowered))))))
                    (func (export "f") (canon lift (core func $f "f")))
                    (func (export "up") (canon lift (core func $g "g"))))
                (instance $child (instantiate $Child (with "parent" (func $f))))
                (core func $lowered (canon lower (func $child "f")))
                (core module $G (import "" "f" (func $f)) (func (export "g") (call $f)))
                (core instance $g (instantiate $G (with "" (instance (export "f" (func $lowered))))))
                (func (export "child") (alias export $child "f"))
                (func (export "up") (alias export $child "up"))
                (func (export "down") (canon lift (core func $g "g"))))
            """)
        let linked = try ComponentLinker().link(component)
        #expect(trap(try linked.instantiate(in: Store()), "child") == nil)
        for name in ["up", "down"] {
            let instance = try linked.instantiate(in: Store())
            #expect(trap(instance, name)?.hasPrefix("cannot enter component instance") == true)
        }
    }

    /// What the host calls back.
    private final class Target: Sendable {
        let instance = Mutex<ComponentInstance?>(nil)
    }

    /// A component whose import `test:host/back` calls `g` of the instance that the store's target names.
    private func link(_ component: Component) throws -> LinkedComponent {
        var linker = ComponentLinker()
        linker.add(
            HostInterface(
                "test:host/back", version: "1.0.0",
                functions: [
                    "call": ComponentModel.HostFunction(ComponentModel.FunctionType()) { call, _ in
                        let instance = (call.hostState as? Target)?.instance.withLock { $0 }
                        try instance?.function(ExportName("g"))?.call()
                        return nil
                    }
                ]))
        return try linker.link(component)
    }

    @Test("A function of the host cannot call the instance back that called it; another instance it can")
    func byTheHost() throws {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/back" (instance $host (export "call" (func))))
                (core func $call (canon lower (func $host "call")))
                (core module $M (import "" "call" (func $call)) (func (export "f") (call $call)) (func (export "g")))
                (core instance $m (instantiate $M (with "" (instance (export "call" (func $call))))))
                (func (export "f") (canon lift (core func $m "f")))
                (func (export "g") (canon lift (core func $m "g"))))
            """)
        let linked = try link(component)
        let target = Target()
        let store = Store(hostState: target)
        let other = try linked.instantiate(in: store)
        let instance = try linked.instantiate(in: store)
        target.instance.withLock { $0 = other }
        // Instances of one component in one store are told apart, too.
        #expect(trap(instance, "f") == nil)
        #expect(trap(instance, "f") == nil)
        target.instance.withLock { $0 = instance }
        #expect(trap(instance, "f")?.hasPrefix("cannot enter component instance") == true)
        #expect(trap(other, "g") == nil)
        target.instance.withLock { $0 = nil }
    }

    @Test("An instance goes on with what is its own after the host has called another one")
    func afterAnother() throws {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/back" (instance $host (export "call" (func))))
                (core func $call (canon lower (func $host "call")))
                (type $R (resource (rep i32)))
                (core func $new (canon resource.new $R))
                (core func $rep (canon resource.rep $R))
                (core module $M
                    (import "" "call" (func $call))
                    (import "" "new" (func $new (param i32) (result i32)))
                    (import "" "rep" (func $rep (param i32) (result i32)))
                    (func (export "f") (result i32)
                        (local $first i32)
                        (local.set $first (call $new (i32.const 40)))
                        (call $call)
                        (i32.add (call $rep (local.get $first)) (call $new (i32.const 50))))
                    (func (export "g")
                        (drop (call $new (i32.const 1)))
                        (drop (call $new (i32.const 2)))
                        (drop (call $new (i32.const 3)))))
                (core instance $m (instantiate $M (with "" (instance
                    (export "call" (func $call)) (export "new" (func $new)) (export "rep" (func $rep))))))
                (func (export "f") (result u32) (canon lift (core func $m "f")))
                (func (export "g") (canon lift (core func $m "g"))))
            """)
        let linked = try link(component)
        let target = Target()
        let store = Store(hostState: target)
        let other = try linked.instantiate(in: store)
        let instance = try linked.instantiate(in: store)
        target.instance.withLock { $0 = other }
        // The representation of its first handle, and the index of its second one.
        #expect(try #require(instance.function(ExportName("f"))).call() == .u32(40 + 2))
        target.instance.withLock { $0 = nil }
    }

    @Test("An exception does not leave its component")
    func exceptions() throws {
        let component = try ComponentText.component(
            """
            (component
                (component $Thrower
                    (core module $M (tag $t) (func (export "f") (throw $t)))
                    (core instance $m (instantiate $M))
                    (func (export "f") (canon lift (core func $m "f"))))
                (component $Catcher
                    (import "f" (func $f))
                    (core func $lowered (canon lower (func $f)))
                    (core module $M
                        (import "" "f" (func $f))
                        (func (export "g") (block $all (try_table (catch_all $all) (call $f)))))
                    (core instance $m (instantiate $M (with "" (instance (export "f" (func $lowered))))))
                    (func (export "g") (canon lift (core func $m "g"))))
                (instance $thrower (instantiate $Thrower))
                (instance $catcher (instantiate $Catcher (with "f" (func $thrower "f"))))
                (func (export "g") (alias export $catcher "g")))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        #expect(trap(instance, "g")?.hasPrefix("unhandled exception") == true)
    }

    @Test("An exception from deep inside tells of all calls")
    func deepException() throws {
        let component = try ComponentText.component(
            """
            (component
                (core module $M
                    (tag $t)
                    (func $even (param i32)
                        (if (local.get 0)
                            (then (call $odd (i32.sub (local.get 0) (i32.const 1))))
                            (else (throw $t))))
                    (func $odd (param i32) (call $even (i32.sub (local.get 0) (i32.const 1))))
                    (func (export "f") (call $even (i32.const 298))))
                (core instance $m (instantiate $M))
                (func (export "f") (canon lift (core func $m "f"))))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        do {
            try instance.function(ExportName("f"))?.call()
            Issue.record("it returned")
        } catch {
            #expect(error.frames.count == Trap.maximumFrames)
            #expect(error.omittedCallCount == 300 - Trap.maximumFrames)
        }
    }
}
