import Testing
import WebAssembly
import WebAssemblyRuntime

/// What a store's observer is told of calls.
@Suite("Tracing of calls")
struct CallTracingTests {
    private static let text = """
        (module
          (import "host" "twice" (func $twice (param i64) (result i64)))
          (import "host" "fail" (func $fail))
          (tag $oops (param i32))
          (func $inner (param i32) (result i32)
            (br_if 0 (i32.const 100) (i32.gt_s (local.get 0) (i32.const 5)))
            (drop)
            (i32.add (local.get 0) (i32.const 1)))
          (func $tail (param i32) (result i32) (return_call $inner (local.get 0)))
          (func $several (param f64 v128) (result v128 f64 i64) (local.get 1) (local.get 0) (i64.const 7))
          (func $throw (param i32) (throw $oops (local.get 0)))
          (func (export "f") (param i32) (result i64)
            (i64.add (call $twice (i64.extend_i32_u (call $inner (local.get 0)))) (i64.const 1)))
          (func (export "t") (result i32) (i32.add (call $tail (i32.const 9)) (call $tail (i32.const 1))))
          (func (export "s") (result i64)
            (call $several (f64.const 0.5) (v128.const i64x2 1 2))
            (drop (i64.const 0)) (return))
          (func (export "e") (result i32)
            (drop (block $caught (result i32)
              (try_table (catch $oops $caught) (call $throw (i32.const 4)))
              (i32.const 0)))
            (call $inner (i32.const 2)))
          (func (export "x") (call $fail)))
        """

    private struct Failure: Error {}

    private final class Log {
        var lines: [String] = []

        func note(_ event: CallEvent) {
            let function = event.function
            let name = (function.importModule.map { "\($0)." } ?? "") + (function.name ?? "\(function.index)")
            let indentation = String(repeating: " ", count: event.depth)
            switch event.phase {
            case .begins(let values): lines.append("\(indentation)\(name)(\(Self.list(values)))")
            case .returns(let values): lines.append("\(indentation)= \(Self.list(values))")
            case .throwsError: lines.append("\(indentation)!")
            }
        }

        private static func list(_ values: [Value]) -> String {
            values.map { value in
                switch value {
                case .i32(let bits): "\(Int32(bitPattern: bits))"
                case .i64(let bits): "\(Int64(bitPattern: bits))"
                case .f64(let bits): "\(Double(bitPattern: bits))"
                case .v128(let vector): "\(vector.low):\(vector.high)"
                default: "?"
                }
            }.joined(separator: ",")
        }
    }

    /// The lines of the calls that calling an export makes.
    private static func trace(_ name: String, _ arguments: Value..., traced: TracedCalls?) throws -> [String] {
        var linker = Linker()
        linker.define(
            module: "host", name: "twice", HostFunction([.i64], to: [.i64]) { $0.setResult($0.i64(0) &* 2) })
        linker.define(module: "host", name: "fail", HostFunction([]) { _ in throw Failure() })
        let store = Store()
        let log = Log()
        store.callObserver = { log.note($0) }
        let instance = try linker.link(Guests.module(text), traced: traced).instantiate(in: store)
        _ = try? instance.function(named: name)?.call(arguments)
        return log.lines
    }

    @Test("exports and imports, with arguments, results and depth")
    func boundary() throws {
        #expect(try Self.trace("f", .i32(3), traced: .boundary) == ["f(3)", " host.twice(4)", " = 8", "= 9"])
    }

    @Test("all functions, also where a branch returns")
    func all() throws {
        #expect(
            try Self.trace("f", .i32(3), traced: .all) == [
                "f(3)", " inner(3)", " = 4", " host.twice(4)", " = 8", "= 9",
            ])
        #expect(
            try Self.trace("f", .i32(6), traced: .all) == [
                "f(6)", " inner(6)", " = 100", " host.twice(100)", " = 200", "= 201",
            ])
    }

    @Test("a tail call takes the place of its caller")
    func tailCalls() throws {
        #expect(
            try Self.trace("t", traced: .all) == [
                "t()", " tail(9)", " inner(9)", " = 100", " tail(1)", " inner(1)", " = 2", "= 102",
            ])
    }

    @Test("several results, vectors among them")
    func severalResults() throws {
        #expect(try Self.trace("s", traced: .all) == ["s()", " several(0.5,1:2)", " = 1:2,0.5,7", "= 7"])
    }

    @Test("what an exception leaves does not count as active")
    func exceptions() throws {
        #expect(try Self.trace("e", traced: .all) == ["e()", " throw(4)", " inner(2)", " = 3", "= 3"])
    }

    @Test("a host function that throws")
    func failures() throws {
        #expect(try Self.trace("x", traced: .boundary) == ["x()", " host.fail()", " !"])
    }

    @Test("nothing is told of a module that is not linked for it")
    func untraced() throws {
        #expect(try Self.trace("f", .i32(3), traced: nil) == [])
    }
}
