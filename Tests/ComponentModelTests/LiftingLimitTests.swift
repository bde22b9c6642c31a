import ComponentModel
import Testing
import WebAssemblyRuntime

@Suite(.enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct LiftingLimitTests {
    @Test("A call passes no more to the host than a limit, and all that the host allocates for it counts")
    func smallElements() throws {
        let component = try ComponentText.component(
            """
            (component
              (core module $m
                (memory (export "m") 1024)
                (func (export "f") (param i32) (result i32)
                  (i32.store (i32.const 0) (i32.const 16))
                  (i32.store (i32.const 4) (local.get 0))
                  (i32.const 0)))
              (core instance $i (instantiate $m))
              (func (export "pairs") (param "count" u32) (result (list (tuple string string)))
                (canon lift (core func $i "f") (memory (core memory $i "m"))))
              (func (export "options") (param "count" u32) (result (list (option bool)))
                (canon lift (core func $i "f") (memory (core memory $i "m")))))
            """)
        let linked = try ComponentLinker().link(component)
        // Of 16 bytes and of 2, in a guest with 64 MiB.
        for (name, isRefused) in [("pairs", 4_000_000), ("options", 30_000_000)] {
            let instance = try linked.instantiate(in: Store())
            let function = try #require(instance.function(ExportName(name)))
            guard case .list(let list)? = try function.call([.u32(1_000)]) else {
                Issue.record("it gives no list")
                return
            }
            #expect(list.count == 1_000)
            let trap = #expect(throws: Trap.self) { try function.call([.u32(UInt32(isRefused))]) }
            #expect(
                trap.map { "\($0)" }?.contains("passes too much to the host") == true, "\(String(describing: trap))")
        }
    }
}
