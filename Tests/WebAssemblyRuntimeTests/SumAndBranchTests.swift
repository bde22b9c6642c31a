import Foundation
import Testing
import WebAssembly
import WebAssemblyRuntime

/// An addition with a branch on what it gives: one instruction of the engine, where a loop ends mostly.
@Suite("Sums and branches")
struct SumAndBranchTests {
    private static let comparisons: [(name: String, holds: @Sendable (Int64, Int64) -> Bool)] = [
        ("eq", { $0 == $1 }), ("ne", { $0 != $1 }), ("lt_s", { $0 < $1 }), ("gt_s", { $0 > $1 }),
        ("le_s", { $0 <= $1 }), ("ge_s", { $0 >= $1 }),
        ("lt_u", { UInt64(bitPattern: $0) < UInt64(bitPattern: $1) }),
        ("gt_u", { UInt64(bitPattern: $0) > UInt64(bitPattern: $1) }),
        ("le_u", { UInt64(bitPattern: $0) <= UInt64(bitPattern: $1) }),
        ("ge_u", { UInt64(bitPattern: $0) >= UInt64(bitPattern: $1) }),
    ]

    /// Some that fit into instructions, and some that do not.
    private static let numbers: [Int64] = [0, 1, -1, 5, -7, 40_000, -40_000, 0x7FFF_FFFF, -0x8000_0000]
    private static let wideNumbers: [Int64] = numbers + [1 << 40, .max, .min]

    private static func value(_ number: Int64, _ type: String) -> Value {
        type == "i32" ? .i32(UInt32(truncatingIfNeeded: number)) : .i64(UInt64(bitPattern: number))
    }

    @Test("sums are compared with locals and constants", arguments: ["i32", "i64"], ["add", "sub"])
    func results(type: String, operation: String) throws {
        let numbers = type == "i32" ? Self.numbers : Self.wideNumbers
        // Each gives the sum by its way out, and leaves it in the local as well.
        let ways = """
            (func $taken (param \(type)) (result i32) (global.set 0 (local.get 0)) (i32.const 1))
            (func $passed (param \(type)) (result i32) (global.set 0 (local.get 0)) (i32.const 0))
            """
        var functions = ""
        func function(_ name: String, _ comparison: String, addend: String, limit: String) {
            functions += """
                (func (export "\(name)") (param $a \(type)) (param $b \(type)) (param $limit \(type)) (result i32)
                  (block $out
                    (br_if $out
                      (\(type).\(comparison) (local.tee $a (\(type).\(operation) (local.get $a) \(addend))) \(limit)))
                    (return (call $passed (local.get $a))))
                  (call $taken (local.get $a)))

                """
        }
        for (comparison, _) in Self.comparisons {
            function("\(comparison) ss", comparison, addend: "(local.get $b)", limit: "(local.get $limit)")
            function("\(comparison) own", comparison, addend: "(local.get $b)", limit: "(local.get $a)")
            for (index, number) in numbers.enumerated() {
                let constant = "(\(type).const \(number))"
                function("\(comparison) si\(index)", comparison, addend: "(local.get $b)", limit: constant)
                function("\(comparison) is\(index)", comparison, addend: constant, limit: "(local.get $limit)")
                function("\(comparison) ii\(index)", comparison, addend: constant, limit: "(\(type).const -7)")
            }
        }
        let instance = try Guests.instance(
            "(module (global (export \"sum\") (mut \(type)) (\(type).const 0)) \(ways) \(functions))")
        func expect(_ name: String, _ a: Int64, _ b: Int64, _ limit: Int64, _ addend: Int64, _ compared: Int64?) throws
        {
            let (wide, narrow) = (operation == "add" ? a &+ addend : a &- addend, type == "i32")
            let sum = narrow ? Int64(Int32(truncatingIfNeeded: wide)) : wide
            let comparison = try #require(Self.comparisons.first { name.hasPrefix($0.name + " ") })
            let holds = comparison.holds(sum, compared ?? sum)
            let results = try instance.call(
                name, Self.value(a, type), Self.value(b, type), Self.value(limit, type))
            let left = instance.global(named: "sum")?.value
            guard results == [.i32(holds ? 1 : 0)], left == Self.value(sum, type) else {
                Issue.record("\(name) of \(a), \(b), \(limit): \(results), \(String(describing: left))")
                return
            }
        }
        for (comparison, _) in Self.comparisons {
            for a in numbers {
                for b in numbers {
                    try expect("\(comparison) own", a, b, 0, b, nil)
                    for limit in numbers { try expect("\(comparison) ss", a, b, limit, b, limit) }
                }
                for (index, number) in numbers.enumerated() {
                    try expect("\(comparison) si\(index)", a, 1, 0, 1, number)
                    try expect("\(comparison) is\(index)", a, 0, 5, number, 5)
                    try expect("\(comparison) ii\(index)", a, 0, 0, number, -7)
                }
            }
        }
    }

    @Test("a limit that the sum is counted down to, or that is not compared at all")
    func conditions() throws {
        let instance = try Guests.instance(
            """
            (module
              (func (export "count") (param $n i32) (result i32) (local $sum i32)
                (loop $next
                  (local.set $sum (i32.add (local.get $sum) (local.get $n)))
                  (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (local.get $sum))
              (func (export "none") (param $n i32) (result i32)
                (if (result i32) (i32.eqz (local.tee $n (i32.add (local.get $n) (i32.const 1))))
                  (then (i32.const 100)) (else (local.get $n))))
              ;; The sum's copy on the stack is older than the one that is compared.
              (func (export "twice") (param $n i32) (result i32)
                (local.get $n)
                (block $out
                  (br_if $out (i32.gt_s (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10)))
                  (local.set $n (i32.const 1000)))
                (i32.add (local.get $n)))
              ;; What was added is not what is compared.
              (func (export "other") (param $a i32) (param $b i32) (result i32)
                (local.set $a (i32.add (local.get $a) (i32.const 1)))
                (block $out
                  (br_if $out (i32.lt_s (local.get $b) (i32.const 10)))
                  (return (i32.const -1)))
                (local.get $a))
              ;; A label stands between the two.
              (func (export "label") (param $a i32) (result i32) (local $n i32)
                (local.set $a (i32.add (local.get $a) (i32.const 1)))
                (loop $again
                  (local.set $n (i32.add (local.get $n) (i32.const 1)))
                  (br_if $again (i32.lt_s (local.get $n) (i32.const 3))))
                (block $out
                  (loop $top
                    (br_if $out (i32.gt_s (local.get $n) (i32.const 2)))
                    (br $top)))
                (i32.add (local.get $n) (local.get $a))))
            """)
        #expect(try instance.call("count", .i32(10)) == [.i32(55)])
        #expect(try instance.call("none", .i32(.max)) == [.i32(100)])
        #expect(try instance.call("none", .i32(7)) == [.i32(8)])
        #expect(try instance.call("twice", .i32(4)) == [.i32(1004)])
        #expect(try instance.call("twice", .i32(20)) == [.i32(41)])
        #expect(try instance.call("other", .i32(1), .i32(2)) == [.i32(2)])
        #expect(try instance.call("other", .i32(1), .i32(20)) == [.i32(.max)])
        #expect(try instance.call("label", .i32(1)) == [.i32(5)])
    }

    @Test("a loop of this kind that is interrupted tells where it is")
    func interruption() throws {
        let store = Store()
        let instance = try Guests.instance(
            """
            (module (func $spin (export "f") (local $n i32)
              (loop $next (br_if $next (i32.ne (local.tee $n (i32.add (local.get $n) (i32.const 2))) (i32.const 1))))))
            """, in: store)
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.02)
            store.interrupt()
        }
        let trap = try #require(try instance.trap("f"))
        #expect(trap.message == "interrupted")
        #expect(trap.frames.first?.functionName == "spin")
    }
}
