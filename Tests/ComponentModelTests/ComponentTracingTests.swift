import ComponentModel
import Testing
import WebAssembly
import WebAssemblyRuntime

/// What a store's observer is told of calls inside a component.
@Suite("Tracing of calls in components", .enabled(if: ComponentText.isAvailable, "\(ComponentText.absence)"))
struct ComponentTracingTests {
    /// Two components, of which the second one calls the first one, which calls the host.
    private static let text = """
        (component
            (import "test:host/calls" (instance $calls (export "ping" (func (param "x" u32) (result u32)))))
            (component $Inner
                (import "ping" (func $ping (param "x" u32) (result u32)))
                (core func $ping (canon lower (func $ping)))
                (core module $M
                    (@name "within")
                    (import "" "ping" (func $ping (param i32) (result i32)))
                    (tag $oops)
                    (func $throws (throw $oops))
                    (func $caught (block $h (try_table (catch_all $h) (call $throws))))
                    (func $twice (export "twice") (param i32) (result i32)
                        (call $caught)
                        (i32.mul (call $ping (local.get 0)) (i32.const 2))))
                (core instance $m (instantiate $M (with "" (instance (export "ping" (func $ping))))))
                (func (export "twice") (param "x" u32) (result u32) (canon lift (core func $m "twice"))))
            (instance $inner (instantiate $Inner (with "ping" (func $calls "ping"))))
            (component $Outer
                (import "twice" (func $twice (param "x" u32) (result u32)))
                (core func $twice (canon lower (func $twice)))
                (core module $N
                    (import "" "twice" (func $twice (param i32) (result i32)))
                    (func (result i32) (call $twice (i32.const 20)))
                    (func (export "f") (result i32) (i32.add (call 1) (i32.const 1))))
                (core instance $n (instantiate $N (with "" (instance (export "twice" (func $twice))))))
                (func (export "f") (result u32) (canon lift (core func $n "f"))))
            (instance $outer (instantiate $Outer (with "twice" (func $inner "twice"))))
            (export "f" (func $outer "f")))
        """

    private final class Log: @unchecked Sendable {
        // Used by one thread, that of the test.
        var lines: [String] = []
    }

    private static func numbers(_ values: [WebAssemblyRuntime.Value]) -> [UInt32] {
        values.map { if case .i32(let number) = $0 { number } else { .max } }
    }

    private func trace(_ traced: TracedCalls?) throws -> [String] {
        let log = Log()
        let component = try ComponentText.component(Self.text)
        let modules = component.coreModules
        var linker = ComponentLinker()
        let type = ComponentModel.FunctionType([ComponentModel.ValueType.Field("x", .u32)], to: .u32)
        linker.add(
            HostInterface(
                "test:host/calls", version: "1.0.0",
                functions: [
                    "ping": ComponentModel.HostFunction(type) { call, arguments in
                        log.lines.append(
                            String(repeating: " ", count: call.store.tracedCallCount) + "ping \(arguments[0])")
                        return arguments[0]
                    }
                ]))
        let store = Store()
        store.callObserver = { event in
            let module = event.function.module
            let number = modules.firstIndex { $0 === module }.map { "\($0)" } ?? "?"
            let name = "\(number) \(event.function.name ?? "\(event.function.index)")"
            let indentation = String(repeating: " ", count: event.depth)
            switch event.phase {
            case .begins(let values): log.lines.append("\(indentation)\(name) \(Self.numbers(values))")
            case .returns(let values): log.lines.append("\(indentation)= \(Self.numbers(values))")
            case .throwsError: log.lines.append("\(indentation)!")
            }
        }
        let linked = try linker.link(component, traced: traced)
        let function = try #require(linked.instantiate(in: store).function(ExportName("f")))
        #expect(try function.call() == .u32(41))
        return log.lines
    }

    @Test("all functions of all modules, each with its module, and the host's functions know how many are around them")
    func all() throws {
        let lines = try trace(.all)
        #expect(
            lines == [
                "1 f []", " 1 1 []", "  0 twice [20]", "   0 caught []", "    0 throws []", "   = []",
                "   ping u32(20)",
                "  = [40]", " = [40]", "= [41]",
            ], "\(lines)")
    }

    @Test("nothing, where nobody has asked") func none() throws {
        #expect(try trace(nil) == ["ping u32(20)"])
    }
}
