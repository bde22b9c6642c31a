import Testing
import WebAssembly
import WebAssemblyRuntime

/// A load with a branch on what was loaded, and an access at the low half of a 64-bit number: one instruction each.
@Suite("Loads, branches and wrapped addresses")
struct LoadAndBranchTests {
    private static let loads: [(name: String, bytes: Int, isSigned: Bool)] = [
        ("load", 4, false), ("load8_u", 1, false), ("load8_s", 1, true), ("load16_u", 2, false),
        ("load16_s", 2, true),
    ]

    /// What a load gives, of a memory that holds these bytes in turn.
    private static let memory: [UInt8] = [0, 0, 0, 0, 0x80, 0xFF, 0x7F, 1, 0, 0, 0, 5]

    private static func loaded(_ load: (name: String, bytes: Int, isSigned: Bool), at address: Int) -> UInt32 {
        var bits: UInt32 = 0
        for index in 0..<load.bytes { bits |= UInt32(memory[address + index]) << UInt32(8 * index) }
        guard load.isSigned else { return bits }
        let unused = UInt32(32 - 8 * load.bytes)
        return UInt32(bitPattern: Int32(bitPattern: bits << unused) >> Int32(unused))
    }

    @Test("what is loaded is compared with constants, and stays where it was put")
    func results() throws {
        let numbers: [Int32] = [0, 1, 0x80, -128, -1, 0x7FFF]
        let conditions =
            ["%", "(i32.eqz %)"]
            + numbers.flatMap {
                ["(i32.eq % (i32.const \($0)))", "(i32.ne % (i32.const \($0)))", "(i32.eq (i32.const \($0)) %)"]
            }
        let addresses = [
            "offset=2 (local.get $a)", "(i32.add (local.get $a) (local.get $two))",
            "offset=1 (i32.add (local.get $two) (i32.sub (local.get $a) (i32.const 1)))",
            "offset=2 (local.tee $copy (local.get $a))",
            "offset=1 (i32.xor (local.get $a) (i32.const 0))", "offset=2 (i32.wrap_i64 (local.get $wide))",
        ]
        var functions = ""
        for load in Self.loads {
            for (place, address) in addresses.enumerated() {
                for (number, condition) in conditions.enumerated() {
                    for isKept in [false, true] {
                        let operand = "(i32.\(load.name) \(address))"
                        let kept = isKept ? "(local.tee $kept \(operand))" : operand
                        functions += """
                            (func (export "\(load.name) \(place) \(number) \(isKept)") (param $a i32) (param $wide i64)
                              (result i32) (local $two i32) (local $copy i32) (local $kept i32)
                              (local.set $two (i32.const 2))
                              (block $out
                                (br_if $out \(condition.replacing("%", with: kept)))
                                (return (local.get $kept)))
                              (i32.add (local.get $kept) (i32.const 1000)))

                            """
                    }
                }
            }
        }
        let text = Self.memory.map { "\\" + (String($0, radix: 16).count == 1 ? "0" : "") + String($0, radix: 16) }
        let instance = try Guests.instance(
            "(module (memory 1) (data (i32.const 0) \"\(text.joined())\") \(functions))")
        for load in Self.loads {
            for (place, _) in addresses.enumerated() {
                // One of them leads a byte less far.
                let distance = place == 4 ? 1 : 2
                for (number, condition) in conditions.enumerated() {
                    for isKept in [false, true] {
                        for address in 0...6 {
                            let value = Self.loaded(load, at: address + distance)
                            let holds = Self.holds(condition, Int32(bitPattern: value))
                            let expected = (isKept ? value : 0) &+ (holds ? 1000 : 0)
                            let name = "\(load.name) \(place) \(number) \(isKept)"
                            // The high half of the number is not of the address.
                            let wide = UInt64(address) | 0xABCD_0000_0000
                            let results = try instance.call(name, .i32(UInt32(address)), .i64(wide))
                            guard results == [.i32(expected)] else {
                                Issue.record("\(name), \(condition), at \(address): \(results), not \(expected)")
                                return
                            }
                        }
                    }
                }
            }
        }
    }

    private static func holds(_ condition: String, _ value: Int32) -> Bool {
        if condition == "%" { return value != 0 }
        if condition.contains("eqz") { return value == 0 }
        let number = condition.split { !"-0123456789".contains($0) }.compactMap { Int32($0) }.last ?? 0
        return condition.contains(".eq ") ? value == number : value != number
    }

    @Test("a load in a branch that is out of bounds traps at the load")
    func bounds() throws {
        let module = try Guests.module(
            """
            (module (memory 1)
              (func $f (export "f") (param $a i32) (result i32)
                (loop $next
                  (br_if $next (i32.load offset=4 (local.tee $a (i32.add (local.get $a) (i32.const 4))))))
                (local.get $a))
              (func (export "wide") (param i64) (result i64) (i64.load offset=8 (i32.wrap_i64 (local.get 0))))
              (func (export "store") (param i64) (i32.store8 offset=65535 (i32.wrap_i64 (local.get 0)) (i32.const 1))))
            """)
        let instance = try Linker().link(module).instantiate(in: Store())
        #expect(try instance.call("f", .i32(65520)) == [.i32(65524)])
        let trap = try #require(try instance.trap("f", .i32(65528)))
        #expect(trap.message == "out of bounds memory access")
        let frame = try #require(trap.frames.first)
        #expect(frame.functionName == "f")
        // The load's own opcode.
        #expect(module.binary.bytes[frame.codeOffset] == 0x28)
        #expect(try instance.call("wide", .i64(65520 | 1 << 40)) == [.i64(0)])
        #expect(try instance.trap("wide", .i64(65521)) != nil)
        // The sum of the address and the offset does not wrap around.
        #expect(try instance.trap("wide", .i64(0xFFFF_FFFF)) != nil)
        #expect(try instance.call("store", .i64(1 << 33)) == [])
        #expect(try instance.trap("store", .i64(1)) != nil)
    }

    @Test("a wrapped address whose low half is wanted elsewhere, too")
    func wrapping() throws {
        let instance = try Guests.instance(
            """
            (module (memory 1) (data (i32.const 8) "\\07")
              (func (export "f") (param $wide i64) (result i64) (local $address i32)
                (local.set $address (i32.wrap_i64 (local.get $wide)))
                (i64.add
                  (i64.extend_i32_u (local.get $address))
                  (i64.load8_u (local.get $address))))
              (func (export "stored") (param $wide i64) (result i32)
                (i32.store offset=16 (i32.wrap_i64 (i64.add (local.get $wide) (i64.const 4))) (i32.const 99))
                (i32.load (i32.const 28))))
            """)
        #expect(try instance.call("f", .i64(8 | 1 << 50)) == [.i64(15)])
        #expect(try instance.call("stored", .i64(8 | 1 << 50)) == [.i32(99)])
    }
}
