import ComponentModel
import Foundation
import Testing
import WebAssemblyRuntime

@Suite(.enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct TrapTests {
    @Test("A back trace goes through all components that are active")
    func backTrace() throws {
        let component = try ComponentText.component(
            """
            (component
                (component $Inner
                    (core module $inner
                        (func $deepest (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
                        (func $divide (export "f") (param i32) (result i32) (call $deepest (local.get 0))))
                    (core instance $m (instantiate $inner))
                    (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
                (component $Outer
                    (import "f" (func $f (param "n" u32) (result u32)))
                    (core func $lowered (canon lower (func $f)))
                    (core module $outer
                        (import "" "f" (func $imported (param i32) (result i32)))
                        (func $run (export "g") (result i32) (call $imported (i32.const 0))))
                    (core instance $m (instantiate $outer (with "" (instance (export "f" (func $lowered))))))
                    (func (export "g") (result u32) (canon lift (core func $m "g"))))
                (instance $inner (instantiate $Inner))
                (instance $outer (instantiate $Outer (with "f" (func $inner "f"))))
                (func (export "g") (alias export $outer "g")))
            """)
        let instance = try ComponentLinker().link(component).instantiate(in: Store())
        let function = try #require(instance.function(ExportName("g")))
        do {
            try function.call()
            Issue.record("it returned")
        } catch {
            #expect(error.message == "integer divide by zero")
            #expect(error.frames.map(\.functionName) == ["deepest", "divide", "run"])
            #expect(error.frames.map(\.moduleName) == ["inner", "inner", "outer"])
        }
    }

    @Test("A component that runs for ever is interrupted, wherever it is")
    func interruption() throws {
        let component = try ComponentText.component(
            """
            (component
                (core module $M
                    (memory (export "memory") 1)
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (loop $again (br $again)) (unreachable))
                    (func (export "spin") (loop $again (br $again)))
                    (func (export "take") (param i32 i32)))
                (core instance $m (instantiate $M))
                (func (export "spin") (canon lift (core func $m "spin")))
                (func (export "take") (param "s" string) (canon lift (core func $m "take")
                    (memory (core memory $m "memory")) (realloc (core func $m "realloc")))))
            """)
        let linked = try ComponentLinker().link(component)
        for (name, arguments) in [("spin", []), ("take", [.string("x")])] as [(String, [ComponentModel.Value])] {
            let store = Store()
            let instance = try linked.instantiate(in: store)
            let thread = Thread {
                usleep(20_000)
                store.interrupt()
            }
            thread.start()
            #expect {
                try instance.function(ExportName(name))?.call(arguments)
            } throws: { error in
                if case .interrupted? = (error as? Trap)?.kind { true } else { false }
            }
        }
    }

    @Test("Components that call each other deeply exhaust the stack, and not the process")
    func recursion() throws {
        // The host calls the next instance of a chain that has no end.
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/next" (instance $next (export "call" (func))))
                (core func $call (canon lower (func $next "call")))
                (core module $M (import "" "call" (func $call)) (func (export "f") (call $call)))
                (core instance $m (instantiate $M (with "" (instance (export "call" (func $call))))))
                (func (export "f") (canon lift (core func $m "f"))))
            """)
        var linker = ComponentLinker()
        final class Chain: Sendable {
            let linked: LinkedComponent
            init(_ linked: LinkedComponent) { self.linked = linked }
        }
        linker.add(
            HostInterface(
                "test:host/next", version: "1.0.0",
                functions: [
                    "call": ComponentModel.HostFunction(ComponentModel.FunctionType()) { call, _ in
                        guard let chain = call.hostState as? Chain else { return nil }
                        try chain.linked.instantiate(in: call.store).function(ExportName("f"))?.call()
                        return nil
                    }
                ]))
        let linked = try linker.link(component)
        let instance = try linked.instantiate(in: Store(hostState: Chain(linked)))
        #expect {
            try instance.function(ExportName("f"))?.call()
        } throws: { error in
            if case .callStackExhausted? = (error as? Trap)?.kind { true } else { false }
        }
    }
}
