import ComponentModel
import Testing
import WebAssemblyRuntime

/// What a guest's `realloc` may do, and what it may not.
@Suite(.enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct AllocationTests {
    /// A component whose `f` gives the sum of a string's bytes, and the number of `realloc`'s calls times 1,000,000.
    private func instance(encoding: String, reallocate: String) throws -> ComponentInstance {
        let component = try ComponentText.component(
            """
            (component
                (import "test:host/calls" (instance $calls (export "ping" (func))))
                (core func $ping (canon lower (func $calls "ping")))
                (core module $M
                    (import "" "ping" (func $ping))
                    (memory (export "memory") 1)
                    (global $calls (mut i32) (i32.const 0))
                    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
                        (result i32)
                        (local $new i32)
                        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                        \(reallocate))
                    (func (export "f") (param $at i32) (param $length i32) (result i32)
                        (local $sum i32)
                        (local.set $length (i32.mul (local.get $length) (i32.const \(encoding == "utf16" ? 2 : 1))))
                        (local.set $sum (i32.mul (global.get $calls) (i32.const 1000000)))
                        (block $done (loop $next
                            (br_if $done (i32.eqz (local.get $length)))
                            (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
                            (local.set $at (i32.add (local.get $at) (i32.const 1)))
                            (local.set $length (i32.sub (local.get $length) (i32.const 1)))
                            (br $next)))
                        (local.get $sum))
                    (func (export "quiet") (result i32) (i32.const 7)))
                (core instance $m (instantiate $M (with "" (instance (export "ping" (func $ping))))))
                (func (export "f") (param "s" string) (result u32) (canon lift (core func $m "f")
                    string-encoding=\(encoding) (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
                (func (export "quiet") (result u32) (canon lift (core func $m "quiet"))))
            """)
        var linker = ComponentLinker()
        linker.add(
            HostInterface(
                "test:host/calls", version: "1.0.0",
                functions: ["ping": ComponentModel.HostFunction(ComponentModel.FunctionType()) { _, _ in nil }]))
        return try linker.link(component).instantiate(in: Store())
    }

    private func call(_ instance: ComponentInstance, _ text: String) throws -> ComponentModel.Value? {
        try #require(instance.function(ExportName("f"))).call([.string(text)])
    }

    private func trap(_ instance: ComponentInstance, _ text: String) -> String {
        do {
            return "it returned \(String(describing: try call(instance, text)))"
        } catch {
            return (error as? Trap)?.message ?? "\(error)"
        }
    }

    /// Each allocation is at the beginning of a page that is new.
    private static let growing = """
        (local.set $new (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))
        (memory.copy (local.get $new) (local.get $old) (local.get $old-size))
        (memory.fill (local.get $old) (i32.const 1) (local.get $old-size))
        (local.get $new)
        """

    @Test("Memory may grow and strings may move while they are copied")
    func growingAndMoving() throws {
        let text = "aé☃🍰"
        let utf8 = try instance(encoding: "utf8", reallocate: Self.growing)
        let sum = text.utf8.reduce(0) { $0 + UInt32($1) }
        #expect(try call(utf8, text) == .u32(1_000_000 + sum))
        let utf16 = try instance(encoding: "utf16", reallocate: Self.growing)
        let wideSum = text.utf16.reduce(0) { $0 + UInt32($1 & 0xFF) + UInt32($1 >> 8) }
        #expect(try call(utf16, text) == .u32(2_000_000 + wideSum))
        #expect(try call(utf16, text) == .u32(4_000_000 + wideSum))
    }

    @Test("What realloc gives is checked for alignment, then for its end")
    func lies() throws {
        #expect(trap(try instance(encoding: "utf16", reallocate: "(i32.const 3)"), "x").contains("result not aligned"))
        let beyond = try instance(encoding: "utf8", reallocate: "(i32.const 65530)")
        #expect(try call(beyond, "123456") == .u32(1_000_000 + 309))
        #expect(trap(beyond, "1234567").contains("beyond end of memory"))
        #expect(trap(try instance(encoding: "utf8", reallocate: "(i32.const -1)"), "").contains("beyond end of memory"))
    }

    @Test("realloc may call nothing outside of the component")
    func callingOut() throws {
        let instance = try instance(encoding: "utf8", reallocate: "(call $ping) (i32.const 16)")
        #expect(trap(instance, "x").hasPrefix("cannot leave component instance"))
    }

    @Test("A realloc that traps ends the call, and locks the instance")
    func trapping() throws {
        let instance = try instance(encoding: "utf8", reallocate: "(unreachable)")
        let quiet = try #require(instance.function(ExportName("quiet")))
        #expect(try quiet.call() == .u32(7))
        #expect(trap(instance, "x") == "unreachable")
        #expect(trap(instance, "x").hasPrefix("cannot enter component instance"))
        #expect(throws: Trap.self) { try quiet.call() }
    }
}
