import ComponentModel
import Synchronization
import Testing
import WebAssemblyRuntime

/// Instances that are made of an image rather than step by step.
@Suite(.enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct ComponentImageTests {
    private final class Calls: Sendable {
        let count = Mutex(0)
    }

    /// A component whose start function calls the host, makes a handle, and writes a memory, a table and a global.
    private func link(isRepeatable: Bool, _ calls: Calls) throws -> LinkedComponent {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/calls" (instance $calls (export "ping" (func (result u32)))))
                (core func $ping (canon lower (func $calls "ping")))
                (type $R (resource (rep i32)))
                (core func $new (canon resource.new $R))
                (core func $rep (canon resource.rep $R))
                (core module $Memory
                    (memory (export "memory") 2)
                    (table (export "table") 2 funcref)
                    (global (export "counter") (mut i32) (i32.const 1)))
                (core instance $memory (instantiate $Memory))
                (core module $M
                    (import "" "ping" (func $ping (result i32)))
                    (import "" "new" (func $new (param i32) (result i32)))
                    (import "" "rep" (func $rep (param i32) (result i32)))
                    (import "memory" "memory" (memory 2))
                    (import "memory" "table" (table $table 2 funcref))
                    (import "memory" "counter" (global $counter (mut i32)))
                    (type $f (func (result i32)))
                    (elem (i32.const 0) $first)
                    (elem declare func $second)
                    (func $first (result i32) (i32.const 1000))
                    (func $second (result i32) (i32.const 2000))
                    (func $start
                        (i32.store (i32.const 70000) (call $ping))
                        (table.set $table (i32.const 1) (ref.func $second))
                        (global.set $counter (call $new (i32.const 30))))
                    (start $start)
                    (func (export "f") (result i32)
                        (i32.store (i32.const 70000) (i32.add (i32.load (i32.const 70000)) (i32.const 1)))
                        (global.set $counter (i32.add (global.get $counter) (call $new (i32.const 5))))
                        (i32.add
                            (i32.add
                                (call_indirect (type $f) (i32.const 0)) (call_indirect (type $f) (i32.const 1)))
                            (i32.add
                                (i32.load (i32.const 70000))
                                (i32.add (global.get $counter) (call $rep (i32.const 1)))))))
                (core instance $m (instantiate $M
                    (with "" (instance (export "ping" (func $ping)) (export "new" (func $new))
                        (export "rep" (func $rep))))
                    (with "memory" (instance $memory))))
                (func (export "f") (result u32) (canon lift (core func $m "f"))))
            """)
        var linker = ComponentLinker()
        linker.add(
            HostInterface(
                "test:host/calls", version: "1.0.0",
                functions: [
                    "ping": ComponentModel.HostFunction(
                        ComponentModel.FunctionType(to: .u32), isRepeatable: isRepeatable
                    ) { _, _ in
                        calls.count.withLock { $0 += 1 }
                        return .u32(100)
                    }
                ]))
        return try linker.link(component)
    }

    /// What `f` gives at its first two calls: functions 3,000, memory 101, counter 1 + 2, representation 30.
    private func check(_ instance: ComponentInstance) throws {
        let function = try #require(instance.function(ExportName("f")))
        #expect(try function.call() == .u32(3_134))
        #expect(try function.call() == .u32(3_138))
    }

    @Test("Instances of an image begin as the others did, and do not see each other")
    func images() throws {
        let calls = Calls()
        let linked = try link(isRepeatable: true, calls)
        #expect(linked.claimImaging() == nil, "no instance has been made yet")
        try check(linked.instantiate(in: Store()))
        let imaging = try #require(linked.claimImaging())
        // While it is taken, nobody else takes it, and instances are made without it.
        #expect(linked.claimImaging() == nil)
        try check(linked.instantiate(in: Store()))
        imaging.run(in: Store())
        #expect(linked.claimImaging() == nil)
        let count = calls.count.withLock { $0 }
        #expect(count == 3)
        for _ in 0..<4 {
            let instance = try linked.instantiate(in: Store())
            #expect(instance.isRepeatable)
            try check(instance)
        }
        #expect(calls.count.withLock { $0 } == count, "the start function has run for an instance of the image")
    }

    @Test("There is no image where the start function calls what has an effect, and nothing has the effect twice")
    func effects() throws {
        let calls = Calls()
        let linked = try link(isRepeatable: false, calls)
        for count in 1...3 {
            let instance = try linked.instantiate(in: Store())
            #expect(!instance.isRepeatable)
            try check(instance)
            #expect(linked.claimImaging() == nil)
            #expect(calls.count.withLock { $0 } == count)
        }
    }

    @Test("What has an effect is not called while an image is taken, even if the start function takes another way then")
    func refusedEffects() throws {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/calls" (instance $calls
                    (export "ask" (func (result u32))) (export "act" (func (result u32)))))
                (core func $ask (canon lower (func $calls "ask")))
                (core func $act (canon lower (func $calls "act")))
                (core module $M
                    (import "" "ask" (func $ask (result i32)))
                    (import "" "act" (func $act (result i32)))
                    (func $start (if (call $ask) (then (drop (call $act)))))
                    (start $start))
                (core instance (instantiate $M
                    (with "" (instance (export "ask" (func $ask)) (export "act" (func $act)))))))
            """)
        let (answer, acts) = (Calls(), Calls())
        let type = ComponentModel.FunctionType(to: .u32)
        var linker = ComponentLinker()
        linker.add(
            HostInterface(
                "test:host/calls", version: "1.0.0",
                functions: [
                    "ask": ComponentModel.HostFunction(type, isRepeatable: true) { _, _ in
                        .u32(UInt32(answer.count.withLock { $0 }))
                    },
                    "act": ComponentModel.HostFunction(type) { _, _ in
                        acts.count.withLock { $0 += 1 }
                        return .u32(0)
                    },
                ]))
        let linked = try linker.link(component)
        #expect(try linked.instantiate(in: Store()).isRepeatable)
        answer.count.withLock { $0 = 1 }
        try #require(linked.claimImaging()).run(in: Store())
        #expect(acts.count.withLock { $0 } == 0)
        #expect(try !linked.instantiate(in: Store()).isRepeatable)
        #expect(acts.count.withLock { $0 } == 1)
    }

    @Test(
        "Where the work fails, instances are made without an image",
        arguments: [(isInterrupted: true, memory: 1 << 20), (isInterrupted: false, memory: 65_536)])
    func broken(isInterrupted: Bool, memory: Int) throws {
        let calls = Calls()
        let linked = try link(isRepeatable: true, calls)
        try check(linked.instantiate(in: Store()))
        let imaging = try #require(linked.claimImaging())
        let store = Store(limits: StoreLimits(memoryBytes: memory))
        if isInterrupted { store.interrupt() }
        imaging.run(in: store)
        #expect(linked.claimImaging() == nil)
        let count = calls.count.withLock { $0 }
        try check(linked.instantiate(in: Store()))
        #expect(calls.count.withLock { $0 } == count + 1)
    }

    @Test("Dropping a resource of the host leaves a trace outside")
    func dropping() throws {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/lines" (instance $lines
                    (export "line" (type $line (sub resource)))
                    (export "make" (func (result (own $line))))))
                (alias export $lines "line" (type $line))
                (core func $make (canon lower (func $lines "make")))
                (core func $drop (canon resource.drop $line))
                (core module $M
                    (import "" "make" (func $make (result i32)))
                    (import "" "drop" (func $drop (param i32)))
                    (func $start (call $drop (call $make)))
                    (start $start))
                (core instance $m (instantiate $M (with "" (instance
                    (export "make" (func $make)) (export "drop" (func $drop)))))))
            """)
        let line = ResourceType("test:host/lines/line") { _, _ in }
        var linker = ComponentLinker()
        linker.add(
            HostInterface(
                "test:host/lines", version: "1.0.0", resources: ["line": line],
                functions: [
                    "make": ComponentModel.HostFunction(
                        ComponentModel.FunctionType(to: .own(line)), isRepeatable: true
                    ) { _, _ in .resource(1) }
                ]))
        #expect(try linker.link(component).instantiate(in: Store()).isRepeatable == false)
    }
}
